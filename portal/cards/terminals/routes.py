"""Pages of operators: the terminals that read city cards, and the versions of their keys."""

from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.cards import line
from portal.cards.terminals import rules, service
from portal.cards.terminals.rules import Keeper, KeyRole, Role
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused, single_line
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import office_words
from portal.web.room import Room

room = Room("terminals", __name__, "/staff/terminals")
WATCH = Access.staff(Permission.CLIENT_WATCH)
ENROL = Access.staff(Permission.CLIENT_ENROL)


@room.page("", access=WATCH, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor) -> str:
    """Every terminal with its role, when it was last seen and which keys it has."""
    return _page(session, actor)


@room.page("", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def give_role(session: Session, actor: Actor) -> Any:
    """Make a machine a terminal, or begin anew with one that is."""
    typed = {name: request.form.get(name, "").strip() for name in ("terminal", "role", "place")}
    errors = {}
    if typed["terminal"] not in {client_id for client_id, _name in service.candidates(session)}:
        errors["terminal"] = _("Choose a machine.")
    if typed["role"] not in set(Role):
        errors["role"] = _("Choose what the terminal reads.")
    try:
        place = single_line(typed["place"], longest=rules.LONGEST_PLACE)
    except TextRefused:
        place = ""
    if not place:
        errors["place"] = _("Write where it stands, in up to 80 characters.")
    if errors:
        return _page(session, actor, typed, errors), 422
    service.give_role(session, typed["terminal"], Role(typed["role"]), place)
    return redirect(url_for(".show"), 303)


@room.page("/<client_id>/revoke", access=ENROL, purpose=Purpose.OPERATION)
def ask_revoke(session: Session, actor: Actor, client_id: str) -> str:
    """Asks once: the terminal serves nobody afterwards."""
    one = service.find(session, client_id)
    return render_template(
        "confirm.html",
        base="staff_base.html",
        question=_("Take the keys of this terminal back?"),
        words=_("Take the keys back"),
        consequence=_(
            "It gets no keys any more and erases those it has as soon as it hears of it. If it was stolen, renew the keys "
            "of its role as well."
        ),
        facts=[
            {"label": _("ID"), "value": one.client_id},
            {"label": _("Role"), "value": _(rules.ROLE_WORDS[one.role])},
            {"label": _("Place"), "value": one.place, "lang": "ja"},
        ],
        action=url_for(".revoke", client_id=client_id),
        back=url_for(".show"),
    )


@room.page("/<client_id>/revoke", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def revoke(session: Session, actor: Actor, client_id: str) -> Redirect:
    """Stolen, broken or given away: no keys any more."""
    service.revoke(session, client_id)
    return redirect(url_for(".show"), 303)


@room.page("/keys/<role>/renew", access=ENROL, purpose=Purpose.OPERATION)
def ask_renew(session: Session, actor: Actor, role: str) -> str:
    """Asks once: every card has to come to a window."""
    known = rules.role_in(role)
    version = rules.next_version(known, service.versions_of(session, known).current)
    gets = (
        _(
            "The writer has the new keys at once, cards get them at their next visit to a window. The old ones live on "
            "beside them."
        )
        if isinstance(known, Keeper)
        else _(
            "Terminals get the new keys by themselves, cards at their next visit to a window. The old ones live on "
            "beside them."
        )
    )
    return _ask(
        known,
        version,
        _("Renew the keys of this role?"),
        _("Renew the keys"),
        gets,
        url_for(".renew", role=known, version=version),
    )


def _have_made() -> bool:
    """The writer makes the keys, if it has none of this version yet: before the transaction begins. Whether it did."""
    role, version = rules.role_in((request.view_args or {})["role"]), (request.view_args or {})["version"]
    if not rules.is_version(role, version):
        raise rules.RotationMoved
    settings = hall().settings
    place = settings.card_writer_url, settings.card_writer_token
    answer = line.ask(*place, "/v1/role-keys/make", {"version": version})
    if "made" not in answer:
        raise rules.KeysNotMade
    return bool(answer["made"])


@room.page(
    "/keys/<role>/renew/<version>", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",), before=_have_made
)
def renew(session: Session, actor: Actor, role: str, version: str, found: bool) -> Any:
    """New keys for a role."""
    try:
        service.rotate(session, rules.role_in(role), version, made=found)
    except Refusal as refusal:
        return _page(session, actor, refusal=refusal), refusal.status
    return redirect(url_for(".show"), 303)


@room.page("/keys/<role>/end", access=ENROL, purpose=Purpose.OPERATION)
def ask_end(session: Session, actor: Actor, role: str) -> str:
    """Asks once: cards that were at no window since open nothing at this role's terminals."""
    known = rules.role_in(role)
    version = service.versions_of(session, known).former
    if not version:
        raise rules.RotationMoved
    ends = (
        _(
            "Afterwards the operators of the writer destroy the old keys there. Cards lose them at their next visit to a "
            "window."
        )
        if isinstance(known, Keeper)
        else _("Cards that were at no window since the renewal are refused by these terminals until they come to one.")
    )
    return _ask(
        known,
        version,
        _("End the old keys of this role?"),
        _("End the old keys"),
        ends,
        url_for(".end", role=known, version=version),
    )


@room.page("/keys/<role>/end/<version>", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def end(session: Session, actor: Actor, role: str, version: str) -> Any:
    """The old keys open nothing any more."""
    try:
        service.end_former(session, rules.role_in(role), version)
    except Refusal as refusal:
        return _page(session, actor, refusal=refusal), refusal.status
    return redirect(url_for(".show"), 303)


def _ask(role: KeyRole, version: str, question: str, words: str, consequence: str, action: str) -> str:
    facts = [
        {"label": _("Role"), "value": _(rules.KEY_ROLE_WORDS[role])},
        {"label": _("Key version"), "value": version},
    ]
    return render_template(
        "confirm.html", base="staff_base.html", question=question, words=words, consequence=consequence,
        facts=facts, action=action, back=url_for(".show"),
    )  # fmt: skip


def _page(
    session: Session,
    actor: Actor,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    refusal: Refusal | None = None,
) -> str:
    terminals = service.shown(session)
    return render_template(
        "terminals/show.html",
        terminals=terminals,
        versions=service.all_versions(session),
        cards=service.cards_behind(session),
        behind={one.role for one in terminals if one.is_behind and not one.is_revoked},
        in_use={one.role for one in terminals if not one.is_revoked},
        role_words={str(role): _(words) for role, words in rules.KEY_ROLE_WORDS.items()},
        without={str(role): service.cards_without(session, role) for role in Keeper},
        roles=[(str(role), _(words)) for role, words in rules.ROLE_WORDS.items()],
        candidates=[
            (client_id, f"{office_words(name)} ({client_id})") for client_id, name in service.candidates(session)
        ],
        may_enrol=actor.may(Permission.CLIENT_ENROL),
        typed=typed or {},
        errors=errors or {},
        refusal=refusal,
    )
