"""Pages of residents: let an adult read my notices, enter a code, end it, see who looked."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.crypto import mac
from portal.core.errors import Refusal
from portal.core.reference import new_reference, read_reference
from portal.core.text import TextRefused
from portal.mailbox.mandates import rules, service
from portal.mailbox.mandates.forms import CodeForm, UntilForm
from portal.mailbox.mandates.rules import BASIS_WORDS, LOOK_WORDS, Basis
from portal.mailbox.opening import Reader
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext, office_words
from portal.web.room import Room

room = Room("mandates", __name__, "/mailbox/mandates")
# Giving opens a mailbox to somebody: a password alone is not enough.
GIVES = Access(Access.RESIDENT.kind, assurance=2)
# Of one person in a quarter of an hour.
TRIES, GIVEN = 9, 5


def code_mark(code: str) -> str:
    """What is kept of a code: a keyed hash, of no use to who reads the database."""
    return mac(hall().key("mandate code"), code.encode()).hex()


def page(session: Session, actor: Actor, *, code: CodeForm | None = None) -> str:
    """Everything about mandates of one person."""
    reader = Reader.of(actor)
    return render_template(
        "mandates/show.html",
        given=[(one, gettext(BASIS_WORDS[Basis(one.basis)])) for one in service.given_by(session, reader.owner)],
        held=service.held_by(session, reader.owner),
        looks=[(look, gettext(LOOK_WORDS[look.what])) for look in service.looks(session, reader.owner)],
        code=(code or CodeForm()).label(),
        guardian=str(Basis.GUARDIAN),
    )


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """Who may read my notices, whose I may read, and who looked."""
    return page(session, actor)


def _form_page(session: Session, actor: Actor, form: UntilForm, error: str = "") -> str:
    reader = Reader.of(actor)
    senders = [(one, office_words(one)) for one in service.senders(session, reader.owner)]
    return render_template("mandates/give.html", form=form.label(), senders=senders, error=error)


@room.page("/new", access=GIVES)
def ask(session: Session, actor: Actor) -> str:
    """How much of my mailbox, and until when."""
    return _form_page(session, actor, UntilForm.read())


@room.page("/new", access=GIVES, methods=("POST",))
def give(session: Session, actor: Actor) -> Any:
    """A code for who may read; it is shown once, here."""
    form = UntilForm.read()
    if not form.validate():
        return _form_page(session, actor, form), 422
    throttle.guard(session, "mandate", str(actor.id), limit=GIVEN)
    code = new_reference()
    try:
        made = service.give(session, actor, form.wish(may_hide=actor.assurance), code_mark(code))
    except Refusal as refusal:
        said = f"{gettext(refusal.message, **refusal.facts)} {gettext(refusal.next_step, **refusal.facts)}"
        return _form_page(session, actor, form, said), refusal.status
    return render_template("mandates/code.html", code=code, mandate=made, days=rules.CODE_GOOD.days)


@room.page("/accept", access=Access.RESIDENT, methods=("POST",))
def accept(session: Session, actor: Actor) -> Any:
    """The code of somebody who lets me read theirs."""
    throttle.guard(session, "mandate-code", str(actor.id), limit=TRIES)
    form = CodeForm.read()
    if not form.validate():
        return page(session, actor, code=form), 422
    try:
        service.accept(session, actor, code_mark(read_reference(form.code.data)))
    except (TextRefused, rules.MandateCodeWrong, rules.MandateImpossible) as refused:
        known = refused if isinstance(refused, Refusal) else rules.MandateCodeWrong()
        form.code.errors = [f"{gettext(known.message)} {gettext(known.next_step)}"]
        return page(session, actor, code=form), 422
    return redirect("/mailbox/family", 303)


@room.page("/<uuid:mandate_id>/end", access=Access.RESIDENT, methods=("POST",))
def end(session: Session, actor: Actor, mandate_id: UUID) -> Any:
    """From now on nothing is read by it."""
    service.end(session, actor, mandate_id)
    return redirect("/mailbox/mandates", 303)
