"""Who did what to whose data, and why: written by the unit of work, not by whoever remembers to.

Rows form eight keyed hash chains (so that no single lock holds up the city); each commit also leaves
its signed head in a file outside the database, because a chain alone never notices that its newest
row is gone. `portal verify-audit` (oversight/reader.py) reads both without this module.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Index, LargeBinary, String, bindparam, event, inspect, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.crypto import mac
from portal.core.db import Base
from portal.core.words import N_
from portal.core.writing import Changes, NewRows

CHAINS = 8


class Purpose(StrEnum):
    """Why personal data is opened; the person reads these words in "who looked at my data"."""

    OWN_USE = "own-use"
    ACCOUNT = "account"
    SENDING = "sending"
    REVIEW = "review"
    WINDOW = "window"
    ASSIST = "assist"
    VISIT = "visit"
    CERTIFICATE = "certificate"
    KIOSK = "kiosk"
    POINTS = "points"
    REGISTER = "register"
    OVERSIGHT = "oversight"
    OPERATION = "operation"
    CHECK = "check"
    EXPORT = "export"
    CARD = "card"
    MY_NUMBER = "my-number"
    MANDATE = "mandate"


PURPOSE_WORDS: dict[Purpose, str] = {
    Purpose.OWN_USE: N_("Your own use"),
    Purpose.ACCOUNT: N_("Sign-in and account"),
    Purpose.SENDING: N_("Sending you a notice"),
    Purpose.REVIEW: N_("Checking your application"),
    Purpose.WINDOW: N_("Serving you at the window"),
    Purpose.ASSIST: N_("Filling in an application with you at the office"),
    Purpose.VISIT: N_("Reserving a visit for you"),
    Purpose.CERTIFICATE: N_("Issuing your certificate"),
    Purpose.KIOSK: N_("Your use of a kiosk"),
    Purpose.POINTS: N_("Citizen points"),
    Purpose.REGISTER: N_("Keeping the resident register"),
    Purpose.OVERSIGHT: N_("Checking how data is used"),
    Purpose.OPERATION: N_("Running the system"),
    Purpose.CHECK: N_("Checking whether a certificate is genuine"),
    Purpose.CARD: N_("Your city card"),
    Purpose.MY_NUMBER: N_("Printing your My Number on a certificate"),
    Purpose.MANDATE: N_("Reading your notices by your mandate"),
    Purpose.EXPORT: N_("Handing your application to the section's own system"),
}


class Action(StrEnum):
    LOOK = "look"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    REFUSED = "refused"


ACTION_WORDS: dict[str, str] = {
    Action.LOOK: N_("Looked"),
    Action.CREATE: N_("Entered"),
    Action.CHANGE: N_("Changed"),
    Action.DELETE: N_("Removed"),
    Action.REFUSED: N_("Was refused"),
}


class Record(Base):
    """One row of one chain. Holds ids, kinds and reasons; never contents, names or numbers of people."""

    __tablename__ = "audit_records"
    __table_args__ = (Index("ix_audit_records_subject_at", "subject", "at"),)

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(20))
    subject: Mapped[UUID | None]
    what: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(String(40))
    case_ref: Mapped[str] = mapped_column(String(80))
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


class Head(Base):
    """The newest row of each chain: its number and its mac."""

    __tablename__ = "audit_heads"

    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


@dataclass(frozen=True, slots=True)
class Entry:
    """`why` is for what has a purpose of its own; "" takes that of the unit of work."""

    action: Action
    subject: UUID | None
    what: str
    case_ref: str = ""
    why: str = ""


@dataclass(slots=True)
class Unit:
    """What one unit of work will put on record when it ends."""

    actor: Actor
    purpose: Purpose
    entries: dict[Entry, None] = field(default_factory=dict)
    consequences: list[Callable[[Session], None]] = field(default_factory=list)

    def note(self, entry: Entry) -> None:
        """Keep *entry*; the same one twice is one record. People's looks at their own data are not recorded."""
        own = self.actor.kind is Kind.RESIDENT and entry.subject == self.actor.id
        if not (own and entry.action is Action.LOOK):
            self.entries[entry] = None

    def begin_anew(self) -> None:
        """Forget what was noted in a try that was undone."""
        self.entries.clear()
        self.consequences.clear()


def looked(session: Session, *, whose: UUID | None, what: str, case_ref: str = "") -> None:
    """Personal data of *whose* was opened: `what` names the kind (`residents.person`), never the content."""
    unit_of(session).note(Entry(Action.LOOK, whose, what, case_ref))


def looked_for_case(session: Session, *, whose: UUID, what: str, case_ref: str) -> None:
    """The same, when one deed opens the same data in several steps: one record a person and case.

    A record of the case by the same actor answers "who, when, why" for the later steps too; another's does not.
    """
    known = select(Record.seq).where(
        Record.subject == whose,
        Record.what == what,
        Record.case_ref == case_ref,
        Record.actor_id == unit_of(session).actor.id,
    )
    if session.scalar(known.limit(1)) is None:
        looked(session, whose=whose, what=what, case_ref=case_ref)


def did(session: Session, action: Action, *, whose: UUID | None, what: str, case_ref: str = "", why: str = "") -> None:
    """Record a deed that changes no row of the person, or many rows at once by one statement."""
    unit_of(session).note(Entry(action, whose, what, case_ref, why))


def afterwards(session: Session, consequence: Callable[[Session], None]) -> None:
    """Let *consequence* happen at the end, also when a refusal or a mere look rolls this unit of work back:
    a failed try is counted, an opened notice is read."""
    unit_of(session).consequences.append(consequence)


def on_behalf(session: Session, actor: Actor, purpose: Purpose) -> None:
    """What this unit of work records from here on was ordered by *actor*, who is on record instead of the worker."""
    unit = unit_of(session)
    unit.actor, unit.purpose = actor, purpose


def unit_of(session: Session) -> Unit:
    unit: Unit = session.info["unit"]
    return unit


@event.listens_for(Session, "after_flush")
def _note_changes(session: Session, _context: Any) -> None:
    unit: Unit | None = session.info.get("unit")
    if unit is None:
        return
    for action, rows in (
        (Action.CREATE, session.new),
        (Action.CHANGE, session.dirty),
        (Action.DELETE, session.deleted),
    ):
        for row in rows:
            subject = getattr(type(row), "__subject__", None)
            if subject and (action is not Action.CHANGE or session.is_modified(row)):
                unit.note(Entry(action, getattr(row, subject), _what(row, action)))


def _what(row: Any, action: Action) -> str:
    """Table and changed columns, e.g. `residents(address, ward)`: which data, not what it says."""
    table: str = type(row).__tablename__
    if action is not Action.CHANGE:
        return table
    changed = [field.key for field in inspect(row).attrs if field.history.has_changes()]
    return f"{table}({', '.join(sorted(changed))})"[:200]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where signed heads are kept outside the database: one line a commit, in a file a month."""

    directory: Path
    key: Ed25519PrivateKey

    def keep(self, chain: int, seq: int, digest: bytes) -> None:
        """Append one signed head. One write below PIPE_BUF: lines of several processes never mix."""
        at = clock.now()
        fact = f"{chain} {seq} {digest.hex()} {at.isoformat()}"
        line = json.dumps({"head": fact, "signature": self.key.sign(fact.encode()).hex()}) + "\n"
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / f"audit-heads-{at:%Y-%m}.jsonl").open("ab", buffering=0) as file:
            file.write(line.encode())


def canonical(row: dict[str, Any], before: bytes) -> bytes:
    """The bytes a row's mac covers: every column in a fixed order, and the mac of the row before."""
    texts = (
        row["at"].isoformat(),
        row["actor_kind"],
        str(row["actor_id"] or ""),
        row["actor_label"],
        row["action"],
        str(row["subject"] or ""),
        row["what"],
        row["why"],
        row["case_ref"],
        before.hex(),
    )
    # The same as json.dumps(…, ensure_ascii=False) of the list, at a third of the price.
    return f"[{row['chain']}, {row['seq']}, {', '.join(map(encode_basestring, texts))}]".encode()


def write(session: Session, units: Sequence[Unit], key: bytes) -> tuple[int, int, bytes] | None:
    """Put the entries of *units* at the end of one chain; returns the new head (chain, seq, mac) or None.

    Called last before the commit, so the chain's head is locked for as short as can be.
    """
    noted = [(unit, entry) for unit in units for entry in unit.entries]
    if not noted:
        return None
    first_actor = noted[0][0].actor.id
    chain = (first_actor.int if first_actor else 0) % CHAINS
    head = session.connection().execute(_ADVANCE, {"n": len(noted), "chain": chain}).one()
    first, before = head.seq - len(noted) + 1, bytes(head.mac)
    rows, now = [], clock.now()
    for number, (unit, entry) in enumerate(noted):
        row = _row(unit, entry, chain, first + number) | {"at": now}
        before = row["mac"] = mac(key, canonical(row, before))
        rows.append(row)
    _ADD.many(session, rows)
    _CLOSE.many(session, [{"chain_key": chain, "newest": before}])
    for unit in units:
        unit.entries.clear()
    return chain, head.seq, before


_ADVANCE = text("UPDATE audit_heads SET seq = seq + :n WHERE chain = :chain RETURNING seq, mac")
_ADD = NewRows(Record.__table__)
_CLOSE = Changes(
    update(Head.__table__).where(Head.chain == bindparam("chain_key")).values(mac=bindparam("newest"))  # type: ignore[arg-type]
)


def _row(unit: Unit, entry: Entry, chain: int, seq: int) -> dict[str, Any]:
    return {
        "chain": chain,
        "seq": seq,
        "actor_kind": str(unit.actor.kind),
        "actor_id": unit.actor.id,
        "actor_label": unit.actor.label,
        "action": str(entry.action),
        "subject": entry.subject,
        "what": entry.what,
        "why": entry.why or str(unit.purpose),
        "case_ref": entry.case_ref,
    }
