"""Sheets of codes made, codes entered."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did, looked
from portal.core.crypto import mac
from portal.core.reference import read_reference, reference_from
from portal.core.text import TextRefused
from portal.points.ledger import service as ledger
from portal.points.paper import rules
from portal.points.paper.models import PointCode, PointSheet
from portal.points.programmes import earning
from portal.points.programmes import service as programmes
from portal.points.programmes.earning import Act
from portal.points.programmes.models import PointTerms
from portal.points.programmes.rules import NoTerms, Unit
from portal.points.programmes.rules import State as Terms
from portal.points.rules import GIVEN_WITHIN, is_much

KEY = "point codes on paper"
"""What the key of the codes' hashes is derived for."""
TRIES, MACHINE_TRIES = rules.TRIES, rules.MACHINE_TRIES


def make(
    session: Session, actor: Actor, key: bytes, *, programme: str, count: int, last_day: date, sent: UUID | None = None
) -> tuple[PointSheet, list[str]]:
    """A sheet and its codes, which are told to whoever sent the form with the key *sent* and to nobody else; where they
    are worth much, they count once a second person has released them. Raises SheetUnclear, ProgrammeUnknown."""
    one = programmes.programme(session, programme)
    is_clear = one.unit == Unit.ACT and 1 <= count <= rules.MOST_CODES and rules.is_day(last_day, clock.today())
    if not is_clear or actor.id is None:
        raise rules.SheetUnclear(most=rules.MOST_CODES)
    programmes.come_alone(session)  # of two sheets at the same instant one is looked at with the other
    sheet = PointSheet(
        programme=programme, codes=count, last_day=last_day, made_at=clock.now(), made_by=actor.id,
        made_label=actor.label, needs_second=is_much(worth(session, programme, count) + _made_lately(session, actor.id)),
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    codes = _codes(key, sheet, sent or uuid4())
    keep(session, key, sheet, codes)
    did(session, Action.CREATE, whose=None, what="point_sheets", case_ref=str(sheet.id)[:8])
    return sheet, codes


def again(session: Session, actor: Actor, key: bytes, sheet_id: UUID, sent: UUID) -> tuple[PointSheet, list[str]]:
    """A sheet with its codes, for whoever made it and has the key of the form it was made by. Raises SheetOver."""
    sheet, _used = sheet_of(session, sheet_id)
    codes = _codes(key, sheet, sent)
    first = session.get(PointCode, _mark(key, codes[0]))
    if sheet.made_by != actor.id or first is None or first.sheet_id != sheet.id:
        raise rules.SheetOver
    looked(session, whose=None, what="point_sheets", case_ref=str(sheet_id)[:8])
    return sheet, codes


def _codes(key: bytes, sheet: PointSheet, sent: UUID) -> list[str]:
    """Nobody works them out without the form's key, which the database does not have."""
    return [
        reference_from(mac(key, b"code", sheet.id.bytes, sent.bytes, str(number).encode()))
        for number in range(sheet.codes)
    ]


def worth(session: Session, programme: str, count: int) -> int:
    """By the best terms that were approved: which ones will hold on the day a code is entered is not known."""
    terms = programmes.terms_of(session, programme)
    return count * max((one.points for one in terms if one.state == Terms.APPROVED), default=0)


def each(session: Session, sheet: PointSheet) -> int:
    """What one of its codes was worth when the sheet was made; 0 where no terms were in force then."""
    terms = programmes.terms_on(session, sheet.programme, sheet.made_at.astimezone(clock.JST).date())
    return terms.points if terms else 0


def _made_lately(session: Session, by: UUID) -> int:
    """What the sheets are worth that one member of staff made within the time of `GIVEN_WITHIN` and nobody else released."""
    since = clock.now() - GIVEN_WITHIN
    mine = select(PointSheet).where(PointSheet.made_by == by, PointSheet.made_at > since, ~PointSheet.needs_second)
    return sum(worth(session, one.programme, one.codes) for one in session.scalars(mine))


def release(session: Session, actor: Actor, sheet_id: UUID) -> None:
    """The second person: the codes of the sheet count from now on; pressed twice it is once. Raises OwnSheet, SheetOver."""
    sheet, _used = sheet_of(session, sheet_id)
    if sheet.made_by == actor.id:
        raise rules.OwnSheet
    waits = PointSheet.needs_second, PointSheet.released_by.is_(None), PointSheet.made_by != actor.id
    values = {"released_by": actor.id, "released_label": actor.label, "released_at": clock.now()}
    released = update(PointSheet).where(PointSheet.id == sheet_id, *waits).values(**values)
    if session.execute(released).rowcount == 1:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=None, what="point_sheets", case_ref=str(sheet_id)[:8])


def keep(session: Session, key: bytes, sheet: PointSheet, codes: Sequence[str]) -> None:
    """The codes of a sheet, as hashes."""
    session.execute(insert(PointCode), [{"mark": _mark(key, code), "sheet_id": sheet.id} for code in codes])


def enter(session: Session, key: bytes, resident_id: UUID, typed: str) -> int:
    """The code is used up and its points are the person's; how many. Raises CodeUnknown, CodeYours,
    CodeOverCap, NoTerms, PotEmpty.

    Whoever calls throttles. What is refused leaves the code as it was: also where a cap would leave only a part of it.
    """
    code, sheet = _good(session, key, resident_id, typed)
    used = update(PointCode).where(PointCode.mark == code.mark, PointCode.used_at.is_(None))
    if session.execute(used.values(used_at=clock.now(), resident_id=resident_id)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.CodeUnknown
    act = Act(
        fact=f"paper:{code.mark[:32]}", key=f"paper:{code.mark[:32]}", programme=sheet.programme,
        resident_id=resident_id, quantity=1, at=clock.now(),
    )  # fmt: skip
    earned = earning.earn_all(session, [act])[0]
    if not earned.given or earned.given < earned.asked:
        raise rules.CodeOverCap
    did(session, Action.CHANGE, whose=resident_id, what="point_codes")
    return earned.given


def look(session: Session, key: bytes, resident_id: UUID, typed: str) -> PointTerms:
    """By which terms a code that is still good would give points to the person today; nothing is used up.

    Whoever calls throttles. Raises CodeUnknown, CodeYours, NoTerms."""
    code, sheet = _good(session, key, resident_id, typed)
    if code.used_at is not None:
        raise rules.CodeUnknown
    if (terms := programmes.terms_on(session, sheet.programme, clock.today())) is None:
        raise NoTerms
    return terms


def _good(session: Session, key: bytes, resident_id: UUID, typed: str) -> tuple[PointCode, PointSheet]:
    """The code and its sheet. Raises CodeUnknown, CodeYours."""
    try:
        found = session.get(PointCode, _mark(key, read_reference(typed)))
    except TextRefused:
        raise rules.CodeUnknown from None
    if found is not None and found.resident_id in ledger.records_of(session, resident_id):
        raise rules.CodeYours
    sheet = session.get_one(PointSheet, found.sheet_id) if found else None
    if found is None or sheet is None or sheet.last_day < clock.today() or sheet.waits:
        raise rules.CodeUnknown
    return found, sheet


def sheet_of(session: Session, sheet_id: UUID) -> tuple[PointSheet, int]:
    """A sheet that is still good, and how many of its codes were used. Raises SheetOver."""
    found = next((row for row in sheets(session, sheet_id)), None)
    if found is None or found[0].last_day < clock.today():
        raise rules.SheetOver
    return found


def stop(session: Session, sheet_id: UUID) -> None:
    """A sheet was lost: what is left on it is worth nothing from now on. Raises SheetOver."""
    yesterday = clock.today() - timedelta(days=1)
    still = update(PointSheet).where(PointSheet.id == sheet_id, PointSheet.last_day > yesterday)
    if session.execute(still.values(last_day=yesterday)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.SheetOver
    did(session, Action.CHANGE, whose=None, what="point_sheets", case_ref=str(sheet_id)[:8])


def _mark(key: bytes, code: str) -> str:
    return mac(key, code.encode()).hex()


def sheets(session: Session, only: UUID | None = None) -> Sequence[tuple[PointSheet, int]]:
    """The newest first, with how many codes were used; *only*: this one."""
    used = (
        select(func.count())
        .where(PointCode.sheet_id == PointSheet.id, PointCode.used_at.is_not(None))
        .correlate(PointSheet)
        .scalar_subquery()
    )
    query = select(PointSheet, used).order_by(PointSheet.made_at.desc()).limit(50)
    found = session.execute(query.where(PointSheet.id == only) if only else query)
    return [(row[0], row[1] or 0) for row in found]
