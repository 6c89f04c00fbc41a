"""The resident's own pages for what their card says to helpers: emergency data, needs in a shelter.

One page twice: what differs is in `Help`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.cards import content_rules as rules
from portal.cards import contents
from portal.cards.content_rules import Typed
from portal.cards.rules import Service
from portal.cards.seals import seals
from portal.core import clock
from portal.core.actor import Actor
from portal.core.words import N_
from portal.web.access import Access
from portal.web.i18n import LANGUAGES
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("card_contents", __name__, "/my-card")


@dataclass(frozen=True, slots=True)
class Help:
    """What one helper reads: how it is typed (`read`), shown again, chosen from, and what is asked before it goes;
    `consent` is what they agree to."""

    service: Service
    consent: str
    question: str
    read: Callable[[], tuple[Typed, dict[str, Any]]]
    shown: Callable[[dict[str, Any]], dict[str, Any]]
    choices: Callable[[], dict[str, Any]]


EMERGENCY = Help(
    Service.EMERGENCY,
    N_("I agree that the city keeps this for my card and that ambulance crews read it."),
    N_("Take back your emergency data?"),
    read=lambda: rules.read_emergency(request.form, clock.today()),
    shown=rules.shown_emergency,
    choices=lambda: {"blood": [(one, one) for one in rules.BLOOD]},
)
SHELTER = Help(
    Service.SHELTER,
    N_("I agree that the city keeps this for my card and that shelters read it."),
    N_("Take back your needs in a shelter?"),
    read=lambda: rules.read_shelter(request.form, request.form.getlist("needs"), clock.today()),
    shown=lambda content: {"needs": content.get("needs", []), "language": content.get("language", "")},
    choices=lambda: {
        "needs": [(name, _(words)) for name, words in rules.NEEDS.items()],
        "spoken": [(code, LANGUAGES[code]) for code in rules.LANGUAGES],
    },
)


@room.page("/emergency", access=Access.RESIDENT)
def emergency(session: Session, actor: Actor) -> str:
    """What an ambulance crew reads from the card."""
    return _show(session, actor, EMERGENCY)


@room.page("/shelter", access=Access.RESIDENT)
def shelter(session: Session, actor: Actor) -> str:
    """What a shelter reads from the card."""
    return _show(session, actor, SHELTER)


@room.page("/emergency", access=Access.RESIDENT, methods=("POST",))
def save_emergency(session: Session, actor: Actor) -> Any:
    """Keep it, for the next visit to a window."""
    return _save(session, actor, EMERGENCY)


@room.page("/shelter", access=Access.RESIDENT, methods=("POST",))
def save_shelter(session: Session, actor: Actor) -> Any:
    """Keep it, for the next visit to a window."""
    return _save(session, actor, SHELTER)


@room.page("/emergency/withdraw", access=Access.RESIDENT)
def ask_withdraw_emergency(session: Session, actor: Actor) -> str:
    """Asks once."""
    return _ask(EMERGENCY)


@room.page("/shelter/withdraw", access=Access.RESIDENT)
def ask_withdraw_shelter(session: Session, actor: Actor) -> str:
    """Asks once."""
    return _ask(SHELTER)


@room.page("/emergency/withdraw", access=Access.RESIDENT, methods=("POST",))
def withdraw_emergency(session: Session, actor: Actor) -> Redirect:
    """The consent is taken back."""
    return _withdraw(session, actor, EMERGENCY)


@room.page("/shelter/withdraw", access=Access.RESIDENT, methods=("POST",))
def withdraw_shelter(session: Session, actor: Actor) -> Redirect:
    """The consent is taken back."""
    return _withdraw(session, actor, SHELTER)


def _show(session: Session, actor: Actor, help_: Help) -> str:
    assert actor.id
    content = contents.opened(session, seals(), actor.id, help_.service)
    return _page(session, actor, help_, Typed(help_.shown(content)))


def _save(session: Session, actor: Actor, help_: Help) -> Any:
    assert actor.id
    typed, content = help_.read()
    if typed.errors:
        return _page(session, actor, help_, typed), 422
    contents.keep(session, seals(), actor.id, help_.service, content)
    return redirect("/my-card", 303)


def _withdraw(session: Session, actor: Actor, help_: Help) -> Redirect:
    assert actor.id
    contents.withdraw(session, actor.id, help_.service)
    return redirect("/my-card", 303)


def _ask(help_: Help) -> str:
    return render_template(
        "confirm.html",
        base="base.html",
        question=_(help_.question),
        words=_("Take it back"),
        consequence=_(
            "The city deletes it at once. Your card still says it until staff at a ward office take it off: bring the "
            "card, or stop it."
        ),
        facts=[],
        action=url_for(f".withdraw_{help_.service}"),
        back=url_for(f".{help_.service}"),
    )


def _page(session: Session, actor: Actor, help_: Help, typed: Typed) -> str:
    assert actor.id
    errors: Mapping[str, str] = {field: _(rules.ERRORS[code]) for field, code in typed.errors.items()}
    return render_template(
        f"cards/{help_.service}.html",
        typed=typed.values,
        errors=errors,
        stored=contents.of(session, actor.id).get(help_.service),
        consent=_(help_.consent),
        which=str(help_.service),
        **help_.choices(),
    )
