"""Terminals and the versions of their keys: the door of this sub-room. No key passes here unwrapped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.cards import line, stop_list
from portal.cards.models import CityCard
from portal.cards.rules import OrderOver, WriterAbsent
from portal.cards.terminals import rules
from portal.cards.terminals.models import CardTerminal, RoleKeys
from portal.cards.terminals.rules import Keeper, KeyRole, Role
from portal.core import audit, clock, outbox
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.permissions import Scope
from portal.devices import service as devices
from portal.devices.service import Machine

TYPE = "omatome-role-keys+jws"
DROP = "cards.drop-role-key"
QUIET_AFTER = timedelta(hours=24)
"""A terminal comes every ten minutes; after a day without it the stop list it has is too old."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The key versions of a role, the newest first, and since when."""

    role: KeyRole
    current: str
    former: str = ""
    changed_at: datetime | None = None
    renewals: int = 0

    @property
    def live(self) -> list[str]:
        return [self.current, self.former] if self.former else [self.current]

    @property
    def on_card(self) -> str:
        """How a card's line begins that has the current keys: the same numbers years later are other keys, and counted."""
        turn = f"/{self.renewals}" if rules.is_used_again(self.renewals - 1) else ""
        return f"{self.role}{turn} {self.current}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A terminal as the page of staff lists it."""

    client_id: str
    name: str
    role: Role
    place: str
    last_seen: datetime | None
    versions: str
    key_print: str
    valid_until: datetime | None
    is_revoked: bool
    is_silent: bool
    is_behind: bool


def versions_of(session: Session, role: KeyRole) -> Versions:
    """What is in use now; the first version where nothing was ever rotated."""
    return _versions(role, session.get(RoleKeys, str(role)))


def all_versions(session: Session) -> list[Versions]:
    rows = {row.role: row for row in session.scalars(select(RoleKeys))}
    return [_versions(role, rows.get(role)) for role in rules.KEY_ROLES]


def _versions(role: KeyRole, row: RoleKeys | None) -> Versions:
    if row is None:
        return Versions(role, rules.first_version(role))
    return Versions(role, row.current, row.former, row.changed_at, row.renewals)


def rotated(session: Session) -> dict[str, list[str]]:
    """role -> versions, of the roles whose keys were ever renewed: at the fourth their numbers are the first ones again."""
    return {str(one.role): one.live for one in all_versions(session) if one.renewals}


# ---- terminals -----------------------------------------------------------------------------


def give_role(session: Session, client_id: str, role: Role, place: str) -> None:
    """Make a machine a terminal of *role*, or begin anew with one that is: its next key counts. Raises ClientUnknown."""
    client = devices.known(session, client_id)
    row = session.get(CardTerminal, client.id)
    if row is None:
        row = CardTerminal(client=client.id)
        session.add(row)
    row.role, row.place, row.key_print, row.versions = str(role), place, "", ""
    row.delivered_at = row.valid_until = row.revoked_at = None
    audit.did(session, Action.CHANGE, whose=None, what="card_terminals", case_ref=client_id)
    stop_list.next_edition(session)
    session.flush()


def revoke(session: Session, client_id: str) -> None:
    """No keys any more, and the stop list names it; a second time changes nothing. Raises TerminalUnknown."""
    row = _known(session, client_id)
    taken = update(CardTerminal).where(CardTerminal.client == row.client, CardTerminal.revoked_at.is_(None))
    if session.execute(taken.values(revoked_at=clock.now())).rowcount:  # type: ignore[attr-defined]
        audit.did(session, Action.CHANGE, whose=None, what="card_terminals(revoked)", case_ref=client_id)
        stop_list.next_edition(session)


def of_client(session: Session, actor: Actor) -> CardTerminal:
    """The terminal that calls; TerminalUnknown, TerminalRevoked."""
    row = session.get(CardTerminal, actor.id) if actor.id else None
    if row is None:
        raise rules.TerminalUnknown
    if row.revoked_at is not None:
        raise rules.TerminalRevoked
    return row


def _with_machines(session: Session) -> list[tuple[CardTerminal, Machine]]:
    rows = session.scalars(select(CardTerminal)).all()
    machines = devices.machines(session, [row.client for row in rows])
    return sorted(((row, machines[row.client]) for row in rows), key=lambda pair: pair[1].client_id)


def shown(session: Session) -> list[Shown]:
    """Every terminal, those in use first."""
    live = {one.role: " ".join(one.live) for one in all_versions(session)}
    found = [_shown(row, machine, live) for row, machine in _with_machines(session)]
    return sorted(found, key=lambda one: one.is_revoked)


def _shown(row: CardTerminal, client: Machine, live: dict[KeyRole, str]) -> Shown:
    role = Role(row.role)
    return Shown(
        client_id=client.client_id,
        name=client.name,
        role=role,
        place=row.place,
        last_seen=client.last_seen,
        versions=row.versions,
        key_print=row.key_print,
        valid_until=row.valid_until,
        is_revoked=row.revoked_at is not None or not client.active,
        is_silent=client.last_seen is None or client.last_seen < clock.now() - QUIET_AFTER,
        is_behind=row.versions != live[role],
    )


def find(session: Session, client_id: str) -> Shown:
    """One of them; TerminalUnknown, ClientUnknown."""
    _known(session, client_id)
    return next(one for one in shown(session) if one.client_id == client_id)


def name_of(session: Session, actor: Actor) -> str:
    """The client id of the machine that calls."""
    return devices.machines(session, [actor.id])[actor.id].client_id if actor.id else ""


def drop_errand(url: str, token: Callable[[], str]) -> outbox.Errand:
    """The worker tells the writer that a version of keys is over."""

    def carry(version: str) -> None:
        line.ask(url, token(), "/v1/role-keys/drop", {"version": version})

    return outbox.Errand(
        take=lambda _session, payload: payload["version"], carry=carry, record=lambda _session, _answer: None
    )


def candidates(session: Session) -> list[tuple[str, str]]:
    """(client id, name) of the machines that may become terminals: enrolled as such, in use."""
    found = devices.all_clients(session)
    return [(row.client_id, row.name) for row in found if row.active and Scope.CARDS in row.scopes]


def revoked_names(session: Session) -> list[str]:
    """The terminals a stop list names: taken back here, or shut out as machines."""
    return [
        machine.client_id
        for row, machine in _with_machines(session)
        if row.revoked_at is not None or not machine.active
    ]


# ---- delivery ------------------------------------------------------------------------------


def thumbprint(jwk: dict[str, Any]) -> str:
    """Of a public P-256 key that was checked."""
    from joserfc.jwk import ECKey  # not for the worker, which knows this room too

    return ECKey.import_key(jwk).thumbprint()


def deliver(session: Session, actor: Actor, versions: list[str], key_print: str, wrapped: str, master: bytes) -> str:
    """What the terminal keeps: *wrapped* keys (JWE) signed with their versions and age.

    Raises TerminalUnknown, TerminalRevoked, KeyOrderOver when the versions are not those of now, TerminalKeyChanged.
    """
    row = of_client(session, actor)
    role = Role(row.role)
    if versions != versions_of(session, role).live:
        raise rules.KeyOrderOver
    now = clock.now()
    until = now + rules.life_of(role)
    issued = clock.machine_now()  # the terminal knows no other time
    taken = update(CardTerminal).where(
        CardTerminal.client == row.client,
        CardTerminal.revoked_at.is_(None),
        CardTerminal.key_print.in_(("", key_print)),
    )
    given = {"key_print": key_print, "versions": " ".join(versions), "delivered_at": now, "valid_until": until}
    if not session.execute(taken.values(**given)).rowcount:  # type: ignore[attr-defined]
        raise rules.TerminalKeyChanged
    client_id = name_of(session, actor)
    audit.did(session, Action.CHANGE, whose=None, what="card_terminals(keys)", case_ref=client_id)
    content = {
        "terminal": client_id,
        "role": str(role),
        "versions": versions,
        "issued_at": int(issued.timestamp()),
        "valid_until": int((issued + rules.life_of(role)).timestamp()),
        "keys": wrapped,
    }
    return stop_list.signed(master, TYPE, content)


# ---- proofs of cards -----------------------------------------------------------------------


class NotChecked(Exception):
    """The writer is not there, or has not the key; nothing is known of the card."""


def proof_versions(session: Session) -> list[str]:
    """The key versions with which a card proves itself to the city through somebody else's terminal: the writer's, which no
    terminal ever gets."""
    return versions_of(session, Keeper.WRITER).live


def is_proved(url: str, token: str, *, card: str, proof: dict[str, str]) -> bool:
    """Whether this card made this answer to this challenge, by the word of the writer; NotChecked."""
    try:
        said = line.ask(url, token, "/v1/proofs", {"card": card, **proof})
    except (WriterAbsent, OrderOver):
        raise NotChecked from None
    if "genuine" not in said:
        raise NotChecked
    return said["genuine"] is True


# ---- versions ------------------------------------------------------------------------------


def rotate(session: Session, role: KeyRole, version: str, *, made: bool) -> None:
    """The keys *version* become the current ones; those of before live on beside them. The writer has *made* them just
    now, or had them already: of a try that was cut off, or of years ago.

    Raises RotationMoved when they are not the next ones, or the last rotation is not over; OldKeysLeft.
    """
    first = {"role": str(role), "current": rules.first_version(role), "former": "", "changed_at": clock.now()}
    insert_once(session, RoleKeys.__table__, first | {"renewals": 0})  # type: ignore[arg-type]
    known = session.get_one(RoleKeys, str(role))
    if known.former or rules.next_version(role, known.current) != version:
        raise rules.RotationMoved
    if not made and rules.is_used_again(known.renewals):
        raise rules.OldKeysLeft
    moved = update(RoleKeys).where(RoleKeys.role == str(role), RoleKeys.current == known.current, RoleKeys.former == "")
    values = {
        "current": version,
        "former": known.current,
        "changed_at": clock.now(),
        "renewals": RoleKeys.renewals + 1,
    }
    if not session.execute(moved.values(**values)).rowcount:  # type: ignore[attr-defined]
        raise rules.RotationMoved
    audit.did(session, Action.CHANGE, whose=None, what="role_keys", case_ref=f"{role} {version}")


def end_former(session: Session, role: KeyRole, version: str) -> None:
    """The former version opens nothing any more: terminals do not get it, cards lose it at their next touch, the writer
    destroys it; that of writer and issuer only its operators can, and no card may be left behind with it.

    Raises RotationMoved, CardsWithoutNewKeys.
    """
    if isinstance(role, Keeper) and (left := cards_without(session, role)):
        raise rules.CardsWithoutNewKeys(count=left)
    ended = update(RoleKeys).where(RoleKeys.role == str(role), RoleKeys.former == version, RoleKeys.former != "")
    if not session.execute(ended.values(former="", changed_at=clock.now())).rowcount:  # type: ignore[attr-defined]
        raise rules.RotationMoved
    if isinstance(role, Role):
        outbox.post(session, DROP, {"version": version})
    audit.did(session, Action.CHANGE, whose=None, what="role_keys(ended)", case_ref=f"{role} {version}")


def on_cards(session: Session) -> str:
    """What a card's `role_keys` says when it has every renewed key: "library 31 11, sports 32" ("": none was renewed)."""
    renewed = [one for one in all_versions(session) if one.renewals]
    return ", ".join(f"{one.on_card} {one.former}".rstrip() for one in renewed)


def cards_behind(session: Session) -> int:
    """How many cards in use come to a window for renewed keys."""
    late = select(func.count()).select_from(CityCard).where(CityCard.ended_at.is_(None))
    return session.scalar(late.where(CityCard.role_keys != on_cards(session))) or 0


def cards_without(session: Session, role: KeyRole) -> int:
    """How many cards in use lack the newest keys of a role; stopped ones and those past their last day are not in use."""
    row = versions_of(session, role)
    if not row.renewals:
        return 0
    in_use = (CityCard.ended_at.is_(None), CityCard.stopped_at.is_(None), CityCard.expires >= clock.today())
    lacks = CityCard.role_keys.notlike(f"%{row.on_card}%")
    return session.scalar(select(func.count()).select_from(CityCard).where(*in_use, lacks)) or 0


def _known(session: Session, client_id: str) -> CardTerminal:
    row = session.get(CardTerminal, devices.known(session, client_id).id)
    if row is None:
        raise rules.TerminalUnknown
    return row
