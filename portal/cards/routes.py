"""The resident's page of the city card: what is on it, who read it, and stop it at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.cards import content_rules, contents, log_rules, rules, service, writing
from portal.cards.models import CardEntry, CardVisit
from portal.cards.rules import Service, Why
from portal.cards.seals import seals
from portal.cards.terminals.rules import READER_WORDS, STRANGER_WORDS, role_of
from portal.core.actor import Actor
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.i18n import LANGUAGES
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("cards", __name__, "/my-card")


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """My card."""
    assert actor.id
    card = service.card_of(session, actor.id)
    entries = service.entries_of(session, card) if card else {}
    offices = _offices(session)
    on_card = [one for one in Service if one in entries and entries[one].status == rules.Status.ACTIVE]
    return render_template(
        "cards/my_card.html",
        card=card,
        services=[(_(rules.SERVICE_WORDS[one]), entries[one]) for one in on_card],
        helps=[_emergency(session, actor.id, entries), _shelter(session, actor.id, entries)],
        visits=(visits := service.visits_of(session, actor.id)),
        log=[_visit(one, visits, offices) for one in log_rules.visits(service.log_of(session, actor.id))],
        earlier=None if card else next(iter(service.cards_of(session, actor.id)), None),
        words={str(one): _(words) for one, words in rules.SERVICE_WORDS.items()},
    )


def _emergency(session: Session, resident_id: UUID, entries: dict[str, CardEntry]) -> dict[str, Any]:
    said = contents.opened(session, seals(), resident_id, Service.EMERGENCY)
    rows = [
        (_("Illnesses you are treated for"), said.get("illnesses", [])),
        (_("Medicines you take regularly"), said.get("medicines", [])),
        (_("Allergies"), said.get("allergies", [])),
        (_("Blood type"), [said["blood"]] if "blood" in said else []),
        (_("Whom to call"), [said["contact"]] if "contact" in said else []),
    ]
    return _help(session, resident_id, entries, Service.EMERGENCY, rows) | {
        "title": _("Emergency data on my card"),
        "href": url_for("card_contents.emergency"),
        "about": _("What an ambulance crew should know when you cannot speak."),
        "own_words": True,
    }


def _shelter(session: Session, resident_id: UUID, entries: dict[str, CardEntry]) -> dict[str, Any]:
    said = contents.opened(session, seals(), resident_id, Service.SHELTER)
    needs = [_(content_rules.NEEDS[one]) for one in said.get("needs", []) if one in content_rules.NEEDS]
    spoken = [LANGUAGES[said["language"]]] if said.get("language") in LANGUAGES else []
    rows = [(_("What you need"), needs), (_("Language that people there speak with you"), spoken)]
    return _help(session, resident_id, entries, Service.SHELTER, rows) | {
        "title": _("Needs in a shelter on my card"),
        "href": url_for("card_contents.shelter"),
        "about": _("What a shelter should prepare for you."),
        "own_words": False,
    }


def _help(
    session: Session,
    resident_id: UUID,
    entries: dict[str, CardEntry],
    name: Service,
    rows: list[tuple[str, list[str]]],
) -> dict[str, Any]:
    """What is kept, and whether the card says so: `state` is "none", "written", "waiting" or "leaving"."""
    kept, entry = contents.of(session, resident_id).get(name), entries.get(name)
    carried = entry.content if entry and entry.status == rules.Status.ACTIVE else ""
    state = ("leaving" if carried else "none") if kept is None else "written" if carried == kept.digest else "waiting"
    shown = [row for row in rows if row[1]]
    return {"rows": shown, "state": state, "kept": kept, "written_at": entry.written_at if entry else None}


def _visit(one: log_rules.Visit, told: Sequence[CardVisit], offices: Mapping[str, str]) -> dict[str, Any]:
    """A visit from the card's own log in words; the key is the card's knowledge. Eight signs of ASCII are no name of a
    place: where the city knows which it was, by its own offices or by what the terminal told, it says so."""
    role = role_of(one.kvn)
    who = _(READER_WORDS[role] if role else STRANGER_WORDS)
    did = [(_(rules.LOG_WORDS.get(op, rules.LOG_OTHER)), _services(about)) for op, about in one.did.items()]
    place = log_rules.place_of(one, told) or offices.get(one.terminal, "")
    return {"at": one.at, "who": who, "did": did, "terminal": one.terminal, "place": place}


def _offices(session: Session) -> dict[str, str]:
    """What windows call themselves on cards -> the office."""
    return {writing.name_on_cards(one.code): one.name for one in staff.offices(session)}


def _services(about: set[Service]) -> list[str]:
    if len(about) == len(Service):
        return [_("Everything on the card")]
    return [_(rules.SERVICE_WORDS[one]) for one in Service if one in about]


@room.page("/stop", access=Access.RESIDENT)
def ask_stop(session: Session, actor: Actor) -> str:
    """Asks once: to use the card again one has to come to a ward office."""
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Stop your city card?"),
        words=_("Stop the card now"),
        consequence=_("It opens nothing any more. When you find it, staff at any ward office open it again for you."),
        facts=[],
        action=url_for(".stop"),
        back=url_for(".show"),
    )


@room.page("/stop", access=Access.RESIDENT, methods=("POST",))
def stop(session: Session, actor: Actor) -> Redirect:
    """The card is lost: nothing opens with it any more."""
    assert actor.id
    service.stop(session, actor, actor.id, Why.BY_HOLDER)
    return redirect(url_for(".show"), 303)
