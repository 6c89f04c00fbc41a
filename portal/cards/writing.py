"""A city card on a reader: which it is, what it says, what it should say; orders for the writer and what came of them.

Each order is one visit to the card: *look*, *write* what is missing, exchange *keys* that were renewed; and, when asked
for, a new PIN or the card's own log. What was cut off is sent again as it was: the card knows whether it has it. A stopped
card is *suspended* when it comes to a reader, and *resumed* when it was opened again (`blocking`).
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.cards import blocking, contents, rules, service
from portal.cards.contents import Seals
from portal.cards.events import CityCardIssued, CityCardPinSet
from portal.cards.models import CardEntry, CardLogRecord, CityCard
from portal.cards.rules import Service, Wanted, Why
from portal.cards.terminals import service as terminals
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id

NAME = 16
"""Bytes of the name that binds a new PIN to its order."""


@dataclass(frozen=True, slots=True)
class City:
    """What the settings of the portal say of its cards; `card_ca` holds the authorities of the national card."""

    seals: Seals
    issuer: str
    card_ca: Path


def meet(
    session: Session, actor: Actor, resident_id: UUID, order: dict[str, Any], done: dict[str, Any], city: City
) -> dict[str, Any] | None:
    """A card was looked at: bind it to the person if it is new and the order says so, and say what is to be done with it
    (None: nothing). A card they had before ends. Raises IdentityFirst, CardOfAnother, CardOfAnotherPerson, CardIsNew.
    """
    service.check_identity(session, actor, resident_id)
    number = str(done["card"])
    card = session.scalar(select(CityCard).where(CityCard.number == number))
    if card is None and blocking.state_of(done) != blocking.ACTIVE:
        raise rules.CardOfAnother
    if card is None:
        _may_bind(session, resident_id, order, done, city)
        card = _issue(session, actor, resident_id, number, city.issuer)
    if card.resident_id != resident_id or card.ended_at is not None:
        raise rules.CardOfAnother
    blocking.note(session, card, blocking.state_of(done))
    if (do := blocking.wanted(card)) is not None:
        return _for(card, actor, do)
    if card.suspended_at is not None:
        return None
    compare(session, card, done["entries"], city.seals)
    pending = service.waiting(session, card)
    return write_order(session, card, actor, city.seals, pending) or _rekey(session, card, actor)


def meet_ended(session: Session, actor: Actor, resident_id: UUID, done: dict[str, Any]) -> dict[str, Any]:
    """A card was looked at that is to be erased: the order for it, if it is an ended one of this person. CardStillUsed."""
    card = session.scalar(select(CityCard).where(CityCard.number == str(done["card"])))
    if card is None or card.resident_id != resident_id or card.ended_at is None:
        raise rules.CardStillUsed
    return _for(card, actor, "terminate")


def meet_stopped(session: Session, actor: Actor, resident_id: UUID, done: dict[str, Any]) -> dict[str, Any] | None:
    """A stopped card of this person came back, perhaps without them: the order that blocks the card itself, None where it
    is blocked already. No identity check, as for stopping. CardNotStopped."""
    card = session.scalar(select(CityCard).where(CityCard.number == str(done["card"])))
    if card is None or card.resident_id != resident_id or card.stopped_at is None or card.ended_at is not None:
        raise rules.CardNotStopped
    blocking.note(session, card, blocking.state_of(done))
    do = blocking.wanted(card)
    return _for(card, actor, do) if do else None


def _may_bind(session: Session, resident_id: UUID, order: dict[str, Any], done: dict[str, Any], city: City) -> None:
    """Who was checked a moment ago may have left, and the next person's card lie there: a card is given only where the page
    said that one would be, instead of the one it named, and never the registered national card of somebody else."""
    present = service.card_of(session, resident_id)
    if order.get("instead_of") != (present.number if present else ""):
        raise rules.CardIsNew
    certificate = base64.b64decode(done["certificate"])
    if certificate and accounts.registered_holder(session, certificate, city.card_ca) not in (None, resident_id):
        raise rules.CardOfAnotherPerson


def _issue(session: Session, actor: Actor, resident_id: UUID, number: str, issuer: str) -> CityCard:
    if (old := service.card_of(session, resident_id)) is not None:
        service.end(session, old, Why.REPLACED)
    row = {
        "id": new_id(),
        "resident_id": resident_id,
        "number": number,
        "issuer": issuer,
        "issued_at": clock.now(),
        "expires": rules.last_day(clock.today()),
        "why": "",
    }
    if not insert_once(session, CityCard.__table__, row):  # type: ignore[arg-type]
        raise rules.CardOfAnother  # another desk was quicker, with this card or for this person
    card = session.get_one(CityCard, row["id"])
    audit.did(session, Action.CREATE, whose=resident_id, what="city_cards")
    emit(session, CityCardIssued(resident_id=resident_id, office=actor.office))
    return card


def compare(session: Session, card: CityCard, told: Sequence[dict[str, Any]], seals: Seals) -> None:
    """What the card itself says counts: a write whose answer was lost is on it, or it is not."""
    known = service.entries_of(session, card)
    for name, said in rules.by_service(told).items():
        entry = known.get(name)
        if entry is None:
            entry = CardEntry(card_id=card.id, service=name)
            session.add(entry)
        if entry.transaction == said["transaction"] and entry.version != said["version"]:
            entry.transaction = ""
        entry.version, entry.number, entry.status = said["version"], said["id"], said["status"]
        entry.content = contents.mark(seals, Service(name), said["payload"])
        entry.written_at = entry.written_at or clock.now()
    session.flush()


def write_order(
    session: Session, card: CityCard, actor: Actor, seals: Seals, pending: Sequence[Wanted]
) -> dict[str, Any] | None:
    """The order for what the card does not say yet. A write that was begun for the same words keeps its name."""
    if not pending:
        return None
    known = service.entries_of(session, card)
    written = []
    for one in pending:
        entry = known.get(one.service)
        if entry is None:
            entry = CardEntry(card_id=card.id, service=one.service, version=0, transaction="")
            session.add(entry)
        wish = (one.number, one.status, one.content)
        if not entry.transaction or (entry.next_number, entry.next_status, entry.next_content) != wish:
            entry.transaction = secrets.token_hex(8)
            entry.next_number, entry.next_status, entry.next_content = wish
        version, days = entry.version + 1, (clock.today(), card.expires)
        said = rules.entry_of(one, version, entry.transaction, issuer=card.issuer, days=days)
        written.append(said | {"payload": contents.payload(session, seals, card.resident_id, one)})
    session.flush()
    return _for(card, actor, "write", entries=written)


def _rekey(session: Session, card: CityCard, actor: Actor) -> dict[str, Any] | None:
    """The order for keys of roles that were renewed since the card was last at a window."""
    wanted = terminals.on_cards(session)
    if card.role_keys == wanted:
        return None
    return _for(card, actor, "rekey", keys=terminals.rotated(session), says=wanted)


def _for(card: CityCard, actor: Actor, do: str, **more: Any) -> dict[str, Any]:
    return {"do": do, "card": card.number, "terminal": terminal_name(actor), **more}


def log_order(card: CityCard, actor: Actor) -> dict[str, Any]:
    """The order that reads the card's own log."""
    return _for(card, actor, "log")


def pin_order(card: CityCard, actor: Actor) -> dict[str, Any]:
    """The order for a new holder PIN. Its name binds the PIN, which the bridge seals for the writer, to this order."""
    return _for(card, actor, "set-pin", name=secrets.token_hex(NAME))


def check(session: Session, actor: Actor, resident_id: UUID, order: dict[str, Any]) -> None:
    """Whether an order may begin at a window, now and not when its page was made: PIN, log and an end of the block where
    the person was checked just now, and what follows a look where the card is still in use.

    Raises IdentityFirst; CardUnknown when the card was stopped or ended meanwhile.
    """
    if order["do"] in ("read", "suspend", "terminate"):
        return
    if order["do"] in ("set-pin", "log", "resume"):
        service.check_identity(session, actor, resident_id)
    written = order["do"] in ("write", "rekey", "resume")
    card = _in_use(session, resident_id) if written else usable(session, actor, resident_id)
    if card is None or card.number != order["card"]:
        raise rules.CardUnknown


def _in_use(session: Session, resident_id: UUID) -> CityCard | None:
    """The card that may be written, or whose own block may be lifted: it is not stopped, or was opened again."""
    card = service.card_of(session, resident_id)
    return card if card is not None and card.stopped_at is None else None


def usable(session: Session, actor: Actor, resident_id: UUID) -> CityCard | None:
    """The card that may get a new PIN or show its log here: of a person who was checked just now, and neither stopped nor
    still blocked."""
    card = service.card_of(session, resident_id)
    stopped = card is None or card.stopped_at is not None or card.suspended_at is not None
    return None if stopped or not service.is_checked(session, actor, resident_id) else card


def confirm(
    session: Session, actor: Actor, resident_id: UUID, order: dict[str, Any], done: dict[str, Any]
) -> dict[str, Any] | None:
    """What an order did is on the card; told twice it is once. The order that follows, or None."""
    card = session.scalar(select(CityCard).where(CityCard.number == str(done["card"])))
    if card is None or card.resident_id != resident_id:
        raise rules.CardUnknown
    match order["do"]:
        case "write":
            _written(session, card, done["entries"])
            return _rekey(session, card, actor)
        case "rekey" if card.role_keys != order["says"]:
            card.role_keys = order["says"]
            audit.did(session, Action.CHANGE, whose=resident_id, what="city_cards(keys)")
        case "suspend" | "resume":
            blocking.note(session, card, blocking.AFTER[order["do"]])
            do = blocking.wanted(card)  # stopped by phone while the card was being opened: blocked again
            return _for(card, actor, do) if do else None if order["do"] == "suspend" else look_order(actor)
        case "log":
            _keep_log(session, card, done["log"])
        case "terminate" if card.ended_at is not None and card.erased_at is None:
            card.erased_at = clock.now()
            audit.did(session, Action.CHANGE, whose=resident_id, what="city_cards(erased)")
        case "set-pin":
            _pin_set(session, card, actor, order["name"])
    return None


def _pin_set(session: Session, card: CityCard, actor: Actor, name: str) -> None:
    told = update(CityCard).where(CityCard.id == card.id, CityCard.pin_order != name).values(pin_order=name)
    if session.execute(told).rowcount:  # type: ignore[attr-defined]
        audit.did(session, Action.CHANGE, whose=card.resident_id, what="city_cards(pin)")
        emit(session, CityCardPinSet(resident_id=card.resident_id, office=actor.office))


def _written(session: Session, card: CityCard, entries: Sequence[dict[str, Any]]) -> None:
    for said in entries:
        moved = (
            update(CardEntry)
            .where(
                CardEntry.card_id == card.id,
                CardEntry.service == said["service"],
                CardEntry.transaction == said["transaction"],
            )
            .values(
                version=said["version"],
                number=CardEntry.next_number,
                status=CardEntry.next_status,
                content=CardEntry.next_content,
                written_at=clock.now(),
                transaction="",
            )
        )
        if session.execute(moved, execution_options={"synchronize_session": "fetch"}).rowcount:  # type: ignore[attr-defined]
            audit.did(session, Action.CHANGE, whose=card.resident_id, what="card_entries")


def _keep_log(session: Session, card: CityCard, records: Sequence[dict[str, Any]]) -> None:
    """What is new in the card's log; a record has its running number for life."""
    rows = [
        {
            "card_id": card.id,
            "number": one["number"],
            "kvn": one["kvn"],
            "op": one["op"],
            "tag": one["tag"],
            "at": datetime.fromtimestamp(one["at"], UTC) if one["at"] else None,
            "terminal": one["terminal"] if one["terminal"].isprintable() else "",
            "kept_at": clock.now(),
        }
        for one in records
    ]
    if rows and insert_once(session, CardLogRecord.__table__, rows):  # type: ignore[arg-type]
        audit.did(session, Action.CHANGE, whose=card.resident_id, what="card_log")


def terminal_name(actor: Actor) -> str:
    """What the card's own log says of a window: its office, 8 signs at most; never who works there."""
    return name_on_cards(actor.office) or "PORTAL"


def name_on_cards(office: str) -> str:
    """The code of an office as cards have room for it."""
    return "".join(sign for sign in office.upper() if sign.isascii() and sign.isalnum())[:8]


def look_order(actor: Actor, *, then: str = "write") -> dict[str, Any]:
    """The order that says which card lies on the reader and what is on it; *then* it is written, erased ("erase"), or
    blocked because it is stopped ("block")."""
    return {"do": "read", "terminal": terminal_name(actor), "then": then}


def give_order(actor: Actor, present: CityCard | None) -> dict[str, Any]:
    """The same, and a new card is given to the person: the first one, or instead of the *present* one, which ends."""
    return look_order(actor) | {"whose": True, "instead_of": present.number if present else ""}
