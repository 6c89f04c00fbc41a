"""A notice's state, answers and course in the reader's language. Needs a page's language, so no service imports it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from portal.companies import service as companies
from portal.company_mailbox.post.reading import Letter
from portal.company_mailbox.post.rules import DEED_WORDS, Deed, Kind
from portal.company_mailbox.post.threads import Talk
from portal.core import clock
from portal.core.errors import Refusal
from portal.mailbox import service as mailbox
from portal.web.i18n import gettext as _
from portal.web.i18n import language, office_words, show_date, show_datetime

notices, Kept = mailbox.notice_rules, mailbox.KeptOf


def state_of(letter: Letter) -> tuple[str, str]:
    """(words, tone) of what stands out about a notice; ("", "") of what only informs."""
    if letter.withdrawn_at is not None:
        return _(notices.WITHDRAWN_WORDS), "error"
    if not letter.asks:
        return "", ""
    if letter.settled_at is not None:
        return _(notices.SETTLED_WORDS[letter.kind]), "success"
    return (_(notices.OVERDUE_WORDS), "error") if letter.is_overdue else (_(notices.KIND_WORDS[letter.kind]), "warning")


def topic_of(letter: Letter) -> str:
    """What a confidential notice is about."""
    return _(companies.TOPIC_WORDS[companies.TopicOf(letter.topic)])


def options_of(letter: Letter) -> list[tuple[int, str]]:
    """The answers to choose from, in the reader's language or in Japanese."""
    codes = [language(), "ja"]
    options = letter.choices.get("options", [])
    return [(place, mailbox.answer_rules.spoken(option, codes)) for place, option in enumerate(options)]


def answer_of(letter: Letter) -> str:
    """What was chosen, in words; "" where nothing was."""
    return dict(options_of(letter)).get(letter.choice, "") if letter.choice is not None else ""


def kept_until(letter: Letter, talk: Talk) -> dict[str, date]:
    """The last day of its files, of the answer while it still says something, and of the messages."""
    days = {"files": mailbox.last_day(Kept.ATTACHMENT, letter.sent_at)}
    if letter.settled_at is not None and (letter.choice is not None or letter.said):
        days["answer"] = mailbox.last_day(Kept.ANSWER, letter.settled_at)
    if talk.thread is not None:
        days["messages"] = mailbox.last_day(Kept.MESSAGE, talk.thread.last_at)
    return days


def steps(acts: Sequence[Any], letter: Letter) -> list[dict[str, str]]:
    """Who read, answered and fetched what, in order (the shape of the timeline component)."""
    return [_step(act, name, agent, letter) for act, name, agent in acts]


def _step(act: Any, name: str, agent: str | None, letter: Letter) -> dict[str, str]:
    facts = dict(act.facts)
    if letter.kind is Kind.REPLY:
        facts["choice"] = dict(options_of(letter)).get(act.facts.get("choice"), "")
    who = _("%(person)s of %(company)s", person=name, company=agent) if agent else name
    return {
        "title": _(DEED_WORDS[Deed(act.what)], **{"choice": "", "name": "", **facts}),
        "when": show_datetime(act.at), "note": who, "state": "done",
    }  # fmt: skip


def printed(letter: Letter, company: str, files: Sequence[str], steps: Sequence[Mapping[str, str]]) -> bytes:
    """The notice with its course as a PDF, as residents have theirs."""
    at = clock.now()
    facts = [
        (_("For"), company),
        (_("Sent on"), show_datetime(letter.sent_at)),
        (_("Due date"), show_date(letter.due_on) if letter.due_on else ""),
        (_("Your answer"), answer_of(letter)),
        (_("What you added"), letter.said),
        *((_("File"), name) for name in files),
    ]
    sheet = mailbox.sheets.Sheet(
        title=_(letter.title, **letter.facts), author=letter.sender, lang=language(),
        code=language() if letter.owner == "" else "ja", kind=_(notices.KIND_WORDS[letter.kind]),
        section=office_words(letter.sender), facts=facts,
        body=[part for part in _(letter.body, **letter.facts).split("\n\n") if part.strip()],
        course_title=_("Course of this notice"), steps=steps,
        saved=_("Saved from the citizen portal on %(when)s.", when=show_datetime(at)),
    )  # fmt: skip
    return mailbox.sheets.draw(sheet, at)


def said(refusal: Refusal | None) -> str:
    """A refusal as one text at a field."""
    if refusal is None:
        return ""
    return f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step, **refusal.facts)}"
