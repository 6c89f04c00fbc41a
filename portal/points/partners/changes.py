"""What changes in a shop's contract: another account, a renewal, its end, a terminal of another shop; checked by one person,
decided by another.

Another account is what somebody who took over a keeper's sign-in would ask for. So everybody who acts for the shop is told
at once; the first person of the city calls the shop back at the number it always had; a week passes after the agreement
before money goes there; and until then anybody who acts for the shop stops it. What goes to the bank meanwhile goes to the
account of before.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.envelope import KeyRing
from portal.core.events import emit
from portal.core.ids import new_id
from portal.points.events import PartnerNews
from portal.points.partners import change_rules as rules
from portal.points.partners import contracts, terminals
from portal.points.partners.bank import BankAccount
from portal.points.partners.change_rules import Change, Step
from portal.points.partners.models import PartnerBank, PartnerChange, PointPartner
from portal.points.partners.rules import SecondPersonNeeded, State

UNDER_CONTRACT = (State.ACTIVE, State.SUSPENDED)
STOPPED = (Change.ACCOUNT, Change.RENEWAL, Change.TERMINAL)
"""What can be stopped; the end of a contract cannot."""


def ask_for_account(
    session: Session, ring: KeyRing, resident_id: UUID, one: PointPartner, account: BankAccount
) -> PartnerChange:
    """Somebody who acts for the shop wants its money elsewhere. Raises NotUnderContract, ChangeOpen."""
    under_contract(one)
    query = select(PartnerBank.id).where(PartnerBank.partner_id == one.id, PartnerBank.in_force_on > clock.today())
    if session.execute(query.limit(1)).first() is not None:
        raise rules.ChangeOpen
    bank = contracts.keep_bank(session, ring, one.id, account, None)
    made = begin(session, one, Change.ACCOUNT, resident_id, bank_id=bank.id)
    tell(session, one, "account-asked", clock.today(), made.id)
    return made


def ask_for_renewal(session: Session, one: PointPartner, resident_id: UUID | None) -> PartnerChange:
    """The shop, or the city for it, wants to go on. Raises NotUnderContract, TooEarlyToRenew, ChangeOpen."""
    rules.check_renewal_begins(under_contract(one), clock.today())
    return begin(session, one, Change.RENEWAL, resident_id)


def give_notice(session: Session, one: PointPartner, resident_id: UUID, last: date | None) -> PartnerChange:
    """The shop ends its contract by itself: nobody has to agree. Raises NotUnderContract, DayUnclear, ChangeOpen."""
    until = under_contract(one)
    day = rules.check_day(last, clock.today() + rules.NOTICE, until)
    made = begin(session, one, Change.END, resident_id, day=day)
    _agree(session, one, made, day)
    return made


def propose_end(session: Session, actor: Actor, one: PointPartner, last: date | None, note: str) -> PartnerChange:
    """The city ends the contract; a second person decides. Raises NotUnderContract, DayUnclear, ChangeOpen."""
    day = rules.check_day(last, clock.today(), under_contract(one))
    made = begin(session, one, Change.END, None, day=day, note=note)
    move(session, made.id, Step.ASKED, Step.CHECKED, **signed("checked", actor))
    return made


def check(session: Session, actor: Actor, change: PartnerChange, *, until: date | None = None) -> None:
    """The first person called the shop back, or agreed with it on a last day. Raises ChangeDecided, DayUnclear."""
    day = change.day
    if change.kind == Change.RENEWAL:
        before = contracts.partner(session, change.partner_id).contract_until or clock.today()
        first = max(before, clock.today()) + timedelta(days=1)
        day = rules.check_day(until, first, clock.today() + rules.LONGEST)
    move(session, change.id, Step.ASKED, Step.CHECKED, day=day, **signed("checked", actor))


def decide(session: Session, actor: Actor, change: PartnerChange, *, yes: bool, note: str = "") -> None:
    """The second person. Raises SecondPersonNeeded, ChangeDecided; of a terminal TerminalGone, NotUnderContract."""
    if change.checked_by == actor.id:
        raise SecondPersonNeeded
    one = contracts.partner(session, change.partner_id)
    day = change.day
    if yes and change.kind == Change.ACCOUNT:
        day = clock.today() + rules.WAITS
    values = {"note": note or change.note, "day": day, **signed("decided", actor)}
    move(session, change.id, Step.CHECKED, Step.AGREED if yes else Step.REFUSED, open_key=None, **values)
    if yes:
        _agree(session, one, change, day)
    elif change.kind != Change.TERMINAL:  # nobody of the shop had asked
        tell(session, one, "change-refused", None, change.id)


def stop(session: Session, change: PartnerChange, note: str) -> None:
    """It was not the shop that asked, or it was a mistake: another account never comes into force. Raises ChangeDecided,
    also from the day on which it is in force."""
    agreed = PartnerChange.step == Step.AGREED
    mine = (
        PartnerChange.id == change.id,
        PartnerChange.kind.in_(STOPPED),
        PartnerChange.step.in_((Step.ASKED, Step.CHECKED))
        | (agreed & (PartnerChange.kind == Change.ACCOUNT) & (PartnerChange.day > clock.today())),
    )
    values = {"step": str(Step.STOPPED), "open_key": None, "note": note}
    if session.execute(update(PartnerChange).where(*mine).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.ChangeDecided
    if change.bank_id:
        session.execute(update(PartnerBank).where(PartnerBank.id == change.bank_id).values(in_force_on=None))
    session.expire_all()
    did(session, Action.CHANGE, whose=None, what="point_partner_changes", case_ref=str(change.id)[:8])
    if change.kind != Change.TERMINAL:
        tell(session, contracts.partner(session, change.partner_id), "change-stopped", None, change.id)


def change_of(session: Session, partner_id: UUID, change_id: UUID) -> PartnerChange:
    """One of the shop's. Raises ChangeUnknown."""
    found = session.get(PartnerChange, change_id)
    if found is None or found.partner_id != partner_id:
        raise rules.ChangeUnknown
    return found


def changes_of(session: Session, partner_id: UUID) -> Sequence[PartnerChange]:
    """The newest first."""
    query = select(PartnerChange).where(PartnerChange.partner_id == partner_id)
    return session.scalars(query.order_by(PartnerChange.asked_at.desc(), PartnerChange.id).limit(50)).all()


def waiting(session: Session) -> set[UUID]:
    """The shops of which something is to be checked or decided."""
    query = select(PartnerChange.partner_id).where(PartnerChange.open_key.is_not(None))
    return set(session.scalars(query))


def may_stop(change: PartnerChange, today: date) -> bool:
    if change.kind not in STOPPED:
        return False
    agreed = change.kind == Change.ACCOUNT and change.step == Step.AGREED and change.day is not None
    return change.step in (Step.ASKED, Step.CHECKED) or bool(agreed and change.day and change.day > today)


def tell(session: Session, one: PointPartner, what: str, day: date | None, key: UUID | str) -> None:
    """Everybody who acts for the shop, the one who asked among them."""
    for who in contracts.keepers(session, one.id):
        emit(session, PartnerNews(resident_id=who, partner_id=one.id, what=what, day=day, key=f"{what}:{key}:{who}"))


def under_contract(one: PointPartner) -> date:
    """The last day of its contract. Raises NotUnderContract."""
    if one.state not in UNDER_CONTRACT or one.contract_until is None:
        raise rules.NotUnderContract
    return one.contract_until


def begin(
    session: Session, one: PointPartner, kind: Change, resident_id: UUID | None, *, open_key: str = "", **facts: Any
) -> PartnerChange:
    """A request, to be checked. Raises ChangeOpen while another one has the same *open_key*: as a rule, of the shop and
    kind."""
    row = {
        "id": new_id(), "partner_id": one.id, "kind": str(kind), "step": str(Step.ASKED),
        "open_key": open_key or f"{one.id} {kind}", "resident_id": resident_id, "asked_at": clock.now(), "bank_id": None,
        "client": None, "from_id": None, "day": None, "note": "", "checked_label": "", "decided_label": "",
    } | facts  # fmt: skip
    if not insert_once(session, PartnerChange.__table__, row):  # type: ignore[arg-type]
        raise rules.ChangeOpen
    did(session, Action.CREATE, whose=resident_id, what="point_partner_changes", case_ref=str(row["id"])[:8])
    return session.get_one(PartnerChange, row["id"])


def signed(what: str, actor: Actor) -> dict[str, Any]:
    """Who did it, and when."""
    return {f"{what}_by": actor.id, f"{what}_label": actor.label, f"{what}_at": clock.now()}


def move(session: Session, change_id: UUID, since: Step, to: Step, **values: Any) -> None:
    """By one statement: of two who press at once, one does it. Raises ChangeDecided."""
    moved = update(PartnerChange).where(PartnerChange.id == change_id, PartnerChange.step == str(since))
    if session.execute(moved.values(step=str(to), **values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.ChangeDecided
    session.expire_all()
    did(session, Action.CHANGE, whose=None, what="point_partner_changes", case_ref=str(change_id)[:8])


def _agree(session: Session, one: PointPartner, change: PartnerChange, day: date | None) -> None:
    """What was agreed counts: an account from its day on, a contract until its last day, a terminal at once."""
    if change.step == Step.ASKED:
        move(session, change.id, Step.ASKED, Step.AGREED, open_key=None)
    if change.kind == Change.TERMINAL:
        under_contract(one)
        terminals.hand_over(session, change)
    elif change.kind == Change.ACCOUNT:
        session.execute(update(PartnerBank).where(PartnerBank.id == change.bank_id).values(in_force_on=day))
    else:
        session.execute(update(PointPartner).where(PointPartner.id == one.id).values(contract_until=day))
    session.expire_all()
    if change.kind == Change.TERMINAL and change.from_id:
        tell(session, contracts.partner(session, change.from_id), "terminal-gone", None, change.id)
        return
    told = {Change.ACCOUNT: "account-agreed", Change.RENEWAL: "contract-renewed", Change.END: "contract-ends-by-notice"}
    tell(session, one, told[Change(change.kind)], day, change.id)
