"""Pages of operators: keys of sections' programs, where answers go, how templates are sent."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.mailbox.batches.rules import WebhookRefused
from portal.mailbox.notify import callbacks, keys, returning, templates
from portal.mailbox.notify.callbacks import Told
from portal.mailbox.notify.forms import CallbackForm, KeyForm, ReplyForm
from portal.mailbox.notify.protocol import KeyKind, Kind
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import office_words
from portal.web.room import Room

room = Room("notify_keys", __name__)
ENROL = Access.staff(Permission.CLIENT_ENROL)
PAGE = "/staff/sending-keys"


def _sections(session: Session) -> list[tuple[str, str]]:
    return [(str(row.id), office_words(_joined(row.office, row.section))) for row in staff.sections(session)]


def _joined(office: str, section: str) -> str:
    return office if office == section else f"{office} {section}"


def _page(session: Session, form: KeyForm, made: str = "") -> str:
    return render_template(
        "notify/keys.html",
        keys=keys.all_keys(session),
        kinds={str(kind): _(words) for kind, words in keys.KEY_KIND_WORDS.items()},
        form=form.label(_sections(session)),
        made=made,
        returned=returning.lines(session),
        base_url=hall().settings.base_url.rstrip("/"),
    )


@room.page(PAGE, access=ENROL, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor) -> str:
    """Which programs of sections may send."""
    return _page(session, KeyForm.read())


@room.page(PAGE, access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def make(session: Session, actor: Actor) -> Any:
    """A new key, shown on this answer and never again."""
    form = KeyForm.read().label(_sections(session))
    if not form.validate():
        return _page(session, form), 422
    made = keys.make(
        session,
        hall().key("notify"),
        section_id=form.section_id,
        name=form.name.data,
        kind=KeyKind(form.kind.data),
        guests=form.guests.data.splitlines(),
    )
    session.flush()
    return _page(session, KeyForm(), made)


@room.page(f"{PAGE}/<uuid:key_id>/revoke", access=ENROL, purpose=Purpose.OPERATION)
def ask_revoke(session: Session, actor: Actor, key_id: UUID) -> str:
    """Asks once: a program may be sending with it."""
    key = keys.find(session, key_id)
    return render_template(
        "confirm.html",
        base="staff_base.html",
        question=_("Revoke this key?"),
        words=_("Revoke"),
        consequence=_("The program that uses it can send nothing any more from this moment. It needs a new key."),
        facts=[
            {"label": _("Name of the key"), "value": key.name},
            {"label": _("Section"), "value": office_words(key.section)},
        ],
        action=url_for(".revoke", key_id=key_id),
        back=url_for(".show"),
    )


@room.page(f"{PAGE}/<uuid:key_id>/revoke", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def revoke(session: Session, actor: Actor, key_id: UUID) -> Redirect:
    """It opens nothing any more."""
    keys.revoke(session, key_id)
    return redirect(PAGE, 303)


@room.page(f"{PAGE}/sections/<uuid:section_id>/allow", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def allow(session: Session, actor: Actor, section_id: UUID) -> Redirect:
    """Why so much came back was looked at: the section's programs may send mail again."""
    returning.allow(session, section_id)
    return redirect(PAGE, 303)


def _section_page(
    session: Session, section_id: UUID, form: ReplyForm, callback: CallbackForm | None = None, made: str = ""
) -> str:
    told = callbacks.of_section(session, section_id)
    return render_template(
        "notify/section.html",
        section=office_words(keys.section_named(session, section_id)),
        section_id=section_id,
        templates=templates.all_of(session, section_id),
        kinds=[(str(kind), _(words)) for kind, words in keys.KIND_WORDS.items()],
        replies=keys.replies_of(session, section_id),
        form=form.label(),
        callback=(callback or CallbackForm()).label(),
        told=[(str(kind), _(callbacks.TOLD_WORDS[kind]), url) for kind, url in told.items()],
        made=made,
    )


@room.page(f"{PAGE}/sections/<uuid:section_id>", access=ENROL, purpose=Purpose.OPERATION)
def section(session: Session, actor: Actor, section_id: UUID) -> str:
    """What a program of the section needs to know: the ids of its templates and of its reply addresses."""
    return _section_page(session, section_id, ReplyForm.read())


@room.page(f"{PAGE}/sections/<uuid:section_id>/replies", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def add_reply(session: Session, actor: Actor, section_id: UUID) -> Any:
    """Another place for answers."""
    keys.section_named(session, section_id)
    form = ReplyForm.read().label()
    if not form.validate():
        return _section_page(session, section_id, form), 422
    keys.add_reply(session, section_id, Kind(form.kind.data), form.value.data)
    return redirect(url_for(".section", section_id=section_id), 303)


@room.page(
    f"{PAGE}/sections/<uuid:section_id>/replies/<uuid:reply_id>/remove",
    access=ENROL,
    purpose=Purpose.OPERATION,
    methods=("POST",),
)
def remove_reply(session: Session, actor: Actor, section_id: UUID, reply_id: UUID) -> Redirect:
    """Answers go there no more."""
    keys.remove_reply(session, section_id, reply_id)
    return redirect(url_for(".section", section_id=section_id), 303)


@room.page(f"{PAGE}/sections/<uuid:section_id>/callbacks", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def set_callback(session: Session, actor: Actor, section_id: UUID) -> Any:
    """Where the section's program is told; the token is shown on this answer and never again."""
    keys.section_named(session, section_id)
    form, made = CallbackForm.read().label(), ""
    if form.validate():
        try:
            made = callbacks.set_url(session, hall().settings, section_id, Told(form.what.data), form.url.data)
        except WebhookRefused as refused:
            form.url.errors = [f"{_(refused.message)} {_(refused.next_step)}"]
    page = _section_page(session, section_id, ReplyForm(), CallbackForm() if made else form, made)
    return page if made else (page, 422)


@room.page(
    f"{PAGE}/sections/<uuid:section_id>/callbacks/<kind>/remove",
    access=ENROL,
    purpose=Purpose.OPERATION,
    methods=("POST",),
)
def remove_callback(session: Session, actor: Actor, section_id: UUID, kind: str) -> Redirect:
    """The program is told nothing there any more."""
    if kind in set(Told):
        callbacks.remove(session, section_id, Told(kind))
    return redirect(url_for(".section", section_id=section_id), 303)


@room.page(
    f"{PAGE}/sections/<uuid:section_id>/templates/<uuid:template_id>",
    access=ENROL,
    purpose=Purpose.OPERATION,
    methods=("POST",),
)
def choose_kind(session: Session, actor: Actor, section_id: UUID, template_id: UUID) -> Redirect:
    """How programs send this template."""
    chosen = request.form.get("kind", "")
    templates.choose_kind(session, section_id, template_id, Kind(chosen) if chosen in set(Kind) else Kind.EMAIL)
    return redirect(url_for(".section", section_id=section_id), 303)
