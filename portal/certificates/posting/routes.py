"""Pages of staff: certificates that go out by letter."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.certificates import service as certificates
from portal.certificates.posting import rules, service
from portal.certificates.rules import FAILURE_WORDS, Failure
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused, fold_width
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("certificate_post", __name__, "/staff/certificate-post")
POSTS = Access.staff(Permission.CERTIFICATE_ISSUE)
TONES = {rules.State.PRINTED: "warning", rules.State.POSTED: "success"}


@room.page("", access=POSTS, purpose=Purpose.CERTIFICATE)
def listed(session: Session, actor: Actor) -> str:
    """What waits for the post, and the batches."""
    return _list_page(session, actor)


def _list_page(session: Session, actor: Actor, refusal: Refusal | None = None, changed: int = 0) -> str:
    return render_template(
        "posting/list.html",
        waiting=service.waiting(session),
        batches=[(one, *_state(one.state)) for one in service.batches(session, actor)],
        most=rules.MOST,
        changed=changed,
        refusal=refusal,
    )


def _state(state: str) -> tuple[str, str]:
    return gettext(rules.STATE_WORDS[state]), TONES[rules.State(state)]


@room.page("/print", access=POSTS, purpose=Purpose.CERTIFICATE, methods=("POST",))
def print_batch(session: Session, actor: Actor) -> Any:
    """Make the next batch."""
    desk = certificates.open_desk(hall().settings)
    try:
        printed = service.print_batch(session, desk, actor)
    except rules.NothingToPost as refusal:
        return _list_page(session, actor, refusal), refusal.status
    if printed.batch is None:
        return _list_page(session, actor, changed=printed.changed)
    return redirect(url_for(".show", batch_id=printed.batch.id, changed=printed.changed or None), 303)


@room.page("/<uuid:batch_id>", access=POSTS, purpose=Purpose.CERTIFICATE)
def show(session: Session, actor: Actor, batch_id: UUID) -> str:
    """One batch, and its next step."""
    return _page(session, service.batch_of(session, actor, batch_id))


def _page(session: Session, batch: Any, refusal: Refusal | None = None) -> str:
    words, tone = _state(batch.state)
    letters = service.letters_of(session, batch)
    return render_template(
        "posting/batch.html",
        batch=batch,
        words=words,
        tone=tone,
        letters=letters,
        is_pulled=service.is_pulled,
        titles=lambda order: gettext(certificates.title_of(order.options, order.kind)),
        changed=request.args.get("changed", 0, type=int),
        pulled=[f"{letter.place:03d}" for letter, order in letters if service.is_pulled(order)],
        why_pulled=gettext(FAILURE_WORDS[Failure.REGISTER_CHANGED]),
        typed=request.form.get("number", ""),
        refusal=refusal,
    )


@room.page("/<uuid:batch_id>/letters.pdf", access=POSTS, purpose=Purpose.CERTIFICATE)
def file(session: Session, actor: Actor, batch_id: UUID) -> Response:
    """The file for the printer."""
    from portal.certificates.posting import drawing

    batch = service.batch_of(session, actor, batch_id)
    content = drawing.file_of(session, certificates.open_desk(hall().settings), batch)
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="certificates-{str(batch.id)[:8]}.pdf"'
    return answer


@room.page("/<uuid:batch_id>/posted", access=POSTS, purpose=Purpose.CERTIFICATE, methods=("POST",))
def posted(session: Session, actor: Actor, batch_id: UUID) -> Redirect:
    """They are with the post office; not yet where a record changed after the printing: its letter comes out first."""
    batch = service.batch_of(session, actor, batch_id)
    if not service.pull_changed(session, certificates.open_desk(hall().settings), batch):
        service.post_batch(session, batch)
    return redirect(url_for(".show", batch_id=batch_id), 303)


@room.page("/<uuid:batch_id>/returned", access=POSTS, purpose=Purpose.CERTIFICATE, methods=("POST",))
def returned(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """A letter came back."""
    batch = service.batch_of(session, actor, batch_id)
    try:
        service.returned(session, batch, _number(request.form.get("number", "")))
    except rules.LetterUnknown as refusal:
        return _page(session, batch, refusal), refusal.status
    return redirect(url_for(".show", batch_id=batch_id), 303)


def _number(typed: str) -> int:
    """What stands on the letter behind the hyphen; 0 for what is no number."""
    try:
        last = fold_width(typed).strip().rpartition("-")[2]
    except TextRefused:
        return 0
    return int(last) if last.isascii() and last.isdecimal() and len(last) < 6 else 0
