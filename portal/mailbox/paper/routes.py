"""Pages of a section's letters on paper: what to print, files for the printer, what was posted, what came back."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused, fold_width
from portal.mailbox.composing import view
from portal.mailbox.models import Notice
from portal.mailbox.paper import drawing, rules, service
from portal.mailbox.paper.models import LetterBatch
from portal.mailbox.paper.rules import PART, STATE_WORDS, State
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("letters", __name__, "/staff/notices/letters")
SENDER = Access.staff(Permission.NOTICE_WRITE)
TONES = {State.READY: "warning", State.PRINTED: "info", State.POSTED: "success"}


@room.page("", access=SENDER, purpose=Purpose.SENDING)
def listed(session: Session, actor: Actor) -> str:
    """The section's letters, what is to be done first on top."""
    lines = service.listed(session, actor.section) if actor.section else []
    return render_template(
        "paper/list.html",
        rows=[(line, view.title_of(line.notice), *_state(line.batch)) for line in lines],
        yen=hall().settings.letter_yen,
    )


def _state(batch: LetterBatch) -> tuple[str, str]:
    state = State(batch.state)
    return gettext(STATE_WORDS[state]), TONES.get(state, "neutral")


@room.page("/<uuid:batch_id>", access=SENDER, purpose=Purpose.SENDING)
def show(session: Session, actor: Actor, batch_id: UUID) -> str:
    """Where these letters stand, and the next step."""
    batch, notice = service.open_batch(session, actor, batch_id)
    return _page(session, batch, notice)


def _page(session: Session, batch: LetterBatch, notice: Notice, refusal: Refusal | None = None) -> str:
    words, tone = _state(batch)
    waiting = service.waiting(session, batch) if batch.state == State.READY else 0
    number = waiting or batch.letters
    yen = batch.yen or hall().settings.letter_yen
    return render_template(
        "paper/batch.html",
        batch=batch,
        notice=notice,
        title=view.title_of(notice),
        state_words=words,
        tone=tone,
        number=number,
        cost=number * yen,
        yen=yen,
        parts=range(1, -(-batch.letters // PART) + 1),
        per_part=PART,
        read_since=(since := service.read_since(session, batch)),
        read_since_choices=[(number, f"{number:05d}") for number in since],
        to_pull=[(number, f"{number:05d}") for number in service.to_pull(session, batch)],
        changed=[f"{number:05d}" for number in service.changed(session, batch)[: rules.MOST_TAKEN_OUT]],
        again=[f"{one.place:05d}" for one in service.made_again(session, batch)[: rules.MOST_TAKEN_OUT]],
        counts=service.counts(session, batch),
        sent=request.form,
        refusal=refusal,
    )


@room.page("/<uuid:batch_id>/print", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def print_letters(session: Session, actor: Actor, batch_id: UUID) -> Redirect:
    """Who gets a letter stands fast from now on."""
    batch, _notice = service.open_batch(session, actor, batch_id)
    service.print_letters(session, actor, batch, yen=hall().settings.letter_yen)
    return redirect(url_for(".show", batch_id=batch_id), 303)


@room.page("/<uuid:batch_id>/letters-<int:part>.pdf", access=SENDER, purpose=Purpose.SENDING)
def file(session: Session, actor: Actor, batch_id: UUID, part: int) -> Response:
    """One file for the printer: up to a hundred letters."""
    batch, notice = service.open_batch(session, actor, batch_id)
    service.check_to_print(notice)
    found = service.letters_of(session, batch, after=_before(part))
    if not found:
        raise rules.BatchUnknown
    content = drawing.letters(session, batch, notice, found, base_url=hall().settings.base_url)
    return _saved(content, "application/pdf", f"letters-{str(batch.id)[:8]}-{part}.pdf")


@room.page("/<uuid:batch_id>/again", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def make_again(session: Session, actor: Actor, batch_id: UUID) -> Redirect:
    """The sheets of people whose record changed since the printing are made anew."""
    batch, notice = service.open_batch(session, actor, batch_id)
    service.check_to_print(notice)
    service.make_again(session, batch)
    return redirect(url_for(".show", batch_id=batch_id), 303)


@room.page("/<uuid:batch_id>/letters-again.pdf", access=SENDER, purpose=Purpose.SENDING)
def again_file(session: Session, actor: Actor, batch_id: UUID) -> Response:
    """Their sheets alone, with the numbers they had."""
    batch, notice = service.open_batch(session, actor, batch_id)
    service.check_to_print(notice)
    found = service.made_again(session, batch)
    if not found:
        raise rules.BatchUnknown
    content = drawing.letters(session, batch, notice, found, base_url=hall().settings.base_url)
    return _saved(content, "application/pdf", f"letters-{str(batch.id)[:8]}-again.pdf")


@room.page("/<uuid:batch_id>/list-<int:part>.csv", access=SENDER, purpose=Purpose.SENDING)
def as_list(session: Session, actor: Actor, batch_id: UUID, part: int) -> Response:
    """The same letters as a list."""
    batch, notice = service.open_batch(session, actor, batch_id)
    service.check_to_print(notice)
    found = service.letters_of(session, batch, after=_before(part))
    if not found:
        raise rules.BatchUnknown
    heads = [gettext(head) for head in ("Number", "Postal code", "Address", "Name")]
    content = drawing.as_list(session, notice, found, heads)
    return _saved(content, "text/csv", f"letters-{str(batch.id)[:8]}-{part}.csv")


def _before(part: int) -> int:
    return (min(part, 100_000) - 1) * PART if part else PART * 100_000


def _saved(content: bytes, kind: str, name: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@room.page("/<uuid:batch_id>/post", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def post_letters(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """They are with the post office; what was read since the printing was taken out, if the box is ticked, and what must
    not go was pulled."""
    batch, notice = service.open_batch(session, actor, batch_id)
    out, pulled = ([_number(typed) for typed in request.form.getlist(name)] for name in ("out", "pulled"))
    try:
        service.post_letters(session, batch, taken_out=[number for number in out if number], pulled=pulled)
    except rules.LettersToPull as refusal:
        return _page(session, batch, notice, refusal), refusal.status
    return redirect(url_for(".show", batch_id=batch_id), 303)


@room.page("/<uuid:batch_id>/returned", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def returned(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """A letter came back."""
    batch, notice = service.open_batch(session, actor, batch_id)
    try:
        service.returned(session, batch, _number(request.form.get("number", "")))
    except rules.LetterUnknown as refusal:
        return _page(session, batch, notice, refusal), 422
    return redirect(url_for(".show", batch_id=batch_id), 303)


def _number(typed: str) -> int:
    """What stands on the letter behind the hyphen; 0 for what is no number."""
    try:
        folded = fold_width(typed)
    except TextRefused:
        return 0
    last = folded.strip().rpartition("-")[2]
    return int(last) if last.isascii() and last.isdecimal() and len(last) < 9 else 0
