"""The page of one notice, for its owner and for who acts for them; and the notice as a file to keep."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import render_template, request
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import clock
from portal.mailbox import course, listing, opening, sheets
from portal.mailbox.answering import rules as answering_rules
from portal.mailbox.answering import service as answering
from portal.mailbox.answering import threads
from portal.mailbox.attachments import service as attachments
from portal.mailbox.composing import people
from portal.mailbox.composing import reader as reading
from portal.mailbox.composing.reader import Standing
from portal.mailbox.keeping import service as keeping
from portal.mailbox.mandates import service as mandates
from portal.mailbox.models import Notice
from portal.mailbox.opening import Opened, Reader
from portal.mailbox.retention.rules import What, last_day
from portal.mailbox.rules import HIDDEN_TITLE, OVERDUE_WORDS, SETTLED_WORDS, Kind, Strength
from portal.mailbox.shelf.rules import KEPT
from portal.mailbox.wording import WITHDRAWN_TITLE, kind_words, words
from portal.segments import service as segments
from portal.web.i18n import gettext, language, office_words, show_date, show_datetime


def show(session: Session, reader: Reader, notice_id: UUID, **typed: Any) -> str:
    """The notice as it may be seen: with its text, without it, or as withdrawn. *typed* is what came back from a form."""
    opened = opening.open_notice(session, reader, notice_id)
    page = f"/mailbox/{notice_id}" + (f"?for={reader.owner}" if reader.for_another else "")
    standing = reading.standing_of(session, opened.notice, reader.owner)
    facts = {
        "opened": opened,
        "standing": standing,
        "notice": opened.notice,
        "delivery": opened.delivery,
        "kind": gettext(kind_words(opened.notice.state if opened.is_withdrawn else opened.notice.kind)),
        "mark": _mark(opened),
        "page": page,
        "form_to": lambda act: address(notice_id, act, child=reader.owner if reader.for_another else None),
        "child": keeping.name_of_child(session, reader) if reader.for_another else "",
        "by_mandate": reader.by_mandate,
        "steps": course.steps(session, opened.notice, opened.delivery, _namer(session, reader)),
        "may_shelve": _may_shelve(reader, opened, standing),
        "shelf_days": KEPT.days,
        "archived": bool(opened.dealing and opened.dealing.archived_at),
        "labels": [] if reader.for_another else keeping.labels_of(session, reader.owner, opened.dealing),
    }
    return render_template("mailbox/notice.html", **facts, **_content(session, reader, opened, standing), **typed)


def _may_shelve(reader: Reader, opened: Opened, standing: reading.Standing) -> bool:
    """Whether a device may keep it: what is put away, put right or taken back is taken off devices, so it is not offered."""
    gone = opened.is_withdrawn or standing.corrected_by or (opened.dealing and opened.dealing.archived_at)
    return not (gone or reader.for_another) and opened.notice.strength <= Strength.PASSWORD


def address(notice_id: UUID, act: str = "", *, child: UUID | None = None) -> str:
    """Where something is done with a notice, and from there back: for whom and in which text it is read."""
    asked = {"for": child, "text": "easy" if _wants_easy() else None}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/mailbox/{notice_id}" + (f"/{act}" if act else "") + (f"?{query}" if query else "")


def _wants_easy() -> bool:
    """Whether やさしい日本語 is read; a letter without that text has the usual one."""
    return request.args.get("text") == "easy"


def _said(notice: Notice) -> tuple[str, str, str, bool]:
    """(title, body, language, whether it is やさしい日本語) as the reader wants it."""
    easy = notice.texts.get("easy") if _wants_easy() else None
    return (easy["title"], easy["body"], "ja", True) if easy else (*words(notice.texts, notice.facts), False)


def _namer(session: Session, reader: Reader) -> course.NameOf:
    """Who acted for somebody, as the reader knows them: "you", or a member of the family."""
    known: dict[UUID, str] = {}

    def name(actor_id: UUID) -> str:
        if actor_id == reader.actor:
            return gettext("you")
        if not known:
            known.update({actor_id: gettext("a guardian")} | mandates.names(session, reader.owner))
        return known.get(actor_id) or gettext("a guardian")

    return name


def _mark(opened: Opened) -> tuple[str, str] | None:
    """(words, tone) of what became of it, or that it is late."""
    if opened.is_withdrawn or Kind(opened.notice.kind) is Kind.INFORMATION:
        return None
    if opened.settled:
        return gettext(SETTLED_WORDS[Kind(opened.notice.kind)]), "success"
    due = opened.notice.due_on
    return (gettext(OVERDUE_WORDS), "error") if due and due < clock.today() else None


def _until(what: What, since: datetime) -> str:
    return show_date(last_day(what, since))


def _content(session: Session, reader: Reader, opened: Opened, standing: Standing) -> dict[str, Any]:
    """What the page shows of the notice itself; of what is hidden or gone nothing but a title that says so."""
    notice = opened.notice
    if opened.is_hidden or opened.is_withdrawn:
        title = gettext(WITHDRAWN_TITLE if opened.is_withdrawn else HIDDEN_TITLE)
        return {"title": title, "paragraphs": [], "text_language": language(), "files": [], "options": [], "talk": None}
    title, body, code, is_easy = _said(notice)
    talks = threads.takes_messages(notice) and not reader.by_mandate
    talk = answering.thread_of(session, reader, opened) if talks else None
    return {
        "title": title,
        "is_easy": is_easy,
        "paragraphs": [part for part in standing.fill(body).split("\n\n") if part.strip()],
        "text_language": code,
        "procedure": procedure_title(notice),
        "files": attachments.listed(session, notice),
        "files_until": _until(What.ATTACHMENT, notice.sent_at or notice.written_at),
        "options": options_of(notice),
        "may_answer": answering.may_answer(opened) and not reader.by_mandate,
        "talk": talk,
        "talk_until": _until(What.MESSAGE, talk.thread.last_at) if talk and talk.thread else "",
        "longest": answering_rules.LONGEST_MESSAGE,
        "why": why(notice),
    }


def why(notice: Notice) -> list[str]:
    """Why the reader got it: the conditions it was sent by, in words; nothing for what the system itself tells."""
    if notice.author_id is None:
        return []
    if "condition" not in notice.segment:
        return [gettext("The section named you as a recipient.")]
    return segments.lines_of(people.whom(notice), gettext, show_date)


def options_of(notice: Notice) -> list[tuple[int, str]]:
    """The answers to choose from, in the reader's language."""
    spoken = [*(["easy"] if _wants_easy() else []), *listing.languages_for(language())]
    return [
        (place, answering_rules.spoken(option, spoken))
        for place, option in enumerate(notice.choices.get("options", []))
    ]


def procedure_title(notice: Notice) -> str | None:
    """The title of the procedure the notice leads to, while it is offered."""
    title = applications.procedure_title(notice.procedure) if notice.procedure else None
    return gettext(title) if title else None


def _kept(session: Session, reader: Reader, notice_id: UUID) -> dict[str, Any]:
    """What a notice that is kept says: its text, the answer, and its course."""
    opened = opening.open_text(session, reader, notice_id)
    notice = opened.notice
    title, body, code, _is_easy = _said(notice)
    body = reading.standing_of(session, notice, reader.owner).fill(body)
    chosen = opened.settled.choice if opened.settled else None
    return {
        "notice": notice,
        "title": title,
        "paragraphs": [part for part in body.split("\n\n") if part.strip()],
        "text_language": code,
        "kind": gettext(kind_words(notice.kind)),
        "answer": dict(options_of(notice)).get(chosen, "") if chosen is not None else "",
        "words": opened.settled.words if opened.settled else "",
        "files": attachments.listed(session, notice),
        "steps": course.steps(session, notice, opened.delivery, _namer(session, reader)),
        "at": clock.now(),
    }


def saved(session: Session, reader: Reader, notice_id: UUID) -> str:
    """The notice with its course as one file that needs nothing else: to keep, to print, to show somebody."""
    return render_template("mailbox/saved.html", **_kept(session, reader, notice_id))


def printed(session: Session, reader: Reader, notice_id: UUID) -> bytes:
    """The same as a PDF for a printer or a counter."""
    kept = _kept(session, reader, notice_id)
    notice, at = kept["notice"], kept["at"]
    due = show_date(notice.due_on) if notice.due_on else ""
    facts = [
        (gettext("Due date"), due),
        (gettext("Your answer"), kept["answer"]),
        (gettext("What you added"), kept["words"]),
    ]
    facts += [(gettext("File"), one.file.name) for one in kept["files"]]
    sheet = sheets.Sheet(
        title=kept["title"],
        author=notice.section,
        lang=language(),
        code=kept["text_language"],
        kind=kept["kind"],
        section=office_words(notice.section),
        facts=facts,
        body=kept["paragraphs"],
        course_title=gettext("Course of this notice"),
        steps=kept["steps"],
        saved=gettext("Saved from the citizen portal on %(when)s.", when=show_datetime(at)),
    )
    return sheets.draw(sheet, at)
