"""The section's pages of what came back: answers, reminders, messages, and the course of one person's copy."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.mailbox import course, pages
from portal.mailbox import service as mailbox
from portal.mailbox.answering import rules, service
from portal.mailbox.answering.forms import MessageForm
from portal.mailbox.answering.rules import Waits
from portal.mailbox.rules import WITHDRAWN, Kind
from portal.mailbox.wording import words
from portal.residents import service as residents
from portal.web.access import Access
from portal.web.i18n import gettext, show_points
from portal.web.room import Room

room = Room("answers_desk", __name__, "/staff/notices")
SENDER = Access.staff(Permission.NOTICE_WRITE)


@room.page("/<uuid:notice_id>/answers", access=SENDER, purpose=Purpose.SENDING)
def answers(session: Session, actor: Actor, notice_id: UUID) -> str:
    """How many did what was asked and who; each name opened here is on that person's record."""
    notice = mailbox.draft_of(session, actor, notice_id)
    settled = request.args.get("who") != "open"
    found, after = service.answers(session, notice, settled=settled, after=request.args.get("after", type=UUID))
    case_ref = str(notice.id)[:8]
    standing, options = service.standing(session, notice), dict(pages.options_of(notice))
    return render_template(
        "answering/answers.html",
        notice=notice,
        title=words(notice.texts, notice.facts)[0],
        standing=standing,
        answer_rows=[
            (said, standing.by_choice.get(place, 0), show_points(standing.by_choice.get(place, 0)))
            for place, said in options.items()
        ],
        rows=[(residents.look_up(session, row.resident_id, case_ref=case_ref), row) for row in found],
        options=options,
        settled=settled,
        after=after,
        may_remind=notice.kind != Kind.INFORMATION
        and notice.state != WITHDRAWN
        and standing.settled < standing.delivered,
        reminded="reminded" in request.args,
    )


@room.page("/<uuid:notice_id>/remind", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def remind(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """Remind those who have not done it yet; once a day."""
    service.remind(session, mailbox.draft_of(session, actor, notice_id))
    return redirect(url_for(".answers", notice_id=notice_id, who="open", reminded=1), 303)


@room.page("/<uuid:notice_id>/people/<uuid:resident_id>", access=SENDER, purpose=Purpose.SENDING)
def person(session: Session, actor: Actor, notice_id: UUID, resident_id: UUID) -> str:
    """The course of one person's copy, step by step."""
    notice = mailbox.draft_of(session, actor, notice_id)
    delivery = service.delivery_of(session, notice, resident_id)
    resident = residents.look_up(session, resident_id, case_ref=str(notice.id)[:8])
    return render_template(
        "answering/person.html",
        notice=notice,
        title=words(notice.texts, notice.facts)[0],
        person=resident,
        steps=course.steps(session, notice, delivery, lambda _actor: gettext("a guardian")),
    )


@room.page("/messages", access=SENDER, purpose=Purpose.SENDING)
def messages(session: Session, actor: Actor) -> str:
    """What residents wrote about the section's notices: what waits for an answer first."""
    waits = Waits.RESIDENT if request.args.get("show") == "answered" else Waits.SECTION
    rows = [
        (thread, words(notice.texts, notice.facts)[0])
        for thread, notice in service.threads_of_section(session, actor, waits=waits)
    ]
    return render_template("answering/messages.html", rows=rows, answered=waits is Waits.RESIDENT)


@room.page("/messages/<uuid:thread_id>", access=SENDER, purpose=Purpose.SENDING)
def thread(session: Session, actor: Actor, thread_id: UUID) -> str:
    """One person's messages about one notice."""
    return _thread(session, actor, thread_id, MessageForm.read())


def _thread(session: Session, actor: Actor, thread_id: UUID, form: MessageForm, refusal: Refusal | None = None) -> str:
    found, notice, said = service.open_thread(session, actor, thread_id)
    title, body, code = words(notice.texts, notice.facts)
    form.body.label.text = gettext("Your answer")
    form.body.description = gettext(
        "Up to %(count)s characters. The person is told that you have answered.", count=rules.LONGEST_MESSAGE
    )
    return render_template(
        "answering/thread.html",
        thread=found,
        notice=notice,
        title=title,
        paragraphs=[part for part in body.split("\n\n") if part.strip()],
        text_language=code,
        person=residents.look_up(session, found.resident_id, case_ref=str(notice.id)[:8]),
        messages=said,
        seen=service.newest_of(said),
        form=form,
        refusal=refusal,
    )


@room.page("/messages/<uuid:thread_id>", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def answer(session: Session, actor: Actor, thread_id: UUID) -> Any:
    """Write back, or close the messages: those that were shown."""
    form, seen = MessageForm.read(), request.form.get("seen", "")
    closes = request.form.get("act") == "close"
    if not closes and not form.validate():
        return _thread(session, actor, thread_id, form), 422
    try:
        if closes:
            service.close_thread(session, actor, thread_id, seen=seen)
        else:
            service.answer_message(session, actor, thread_id, form.body.data, seen=seen)
    except rules.MessageCrossed as crossed:
        return _thread(session, actor, thread_id, form, crossed), 409
    return redirect(url_for(".messages"), 303)
