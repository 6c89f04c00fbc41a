"""What the night does for contracts: reminds of their end, and closes shops of which everything is settled and paid."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.points.partners import change_rules as rules
from portal.points.partners import changes
from portal.points.partners.change_rules import Change, Step
from portal.points.partners.models import PartnerChange, PartnerTerminal, PointPartner, PointSale, PointStatement
from portal.points.partners.rules import State

NIGHT = "points.contracts"


def look_at_contracts(session: Session, _payload: dict[str, Any]) -> None:
    """Done again it adds nothing (worker, daily)."""
    remind(session)
    close(session)


def remind(session: Session) -> None:
    """60 and 14 days before the last day; not where somebody ended the contract."""
    today = clock.today()
    days = {today + timedelta(days=ahead - late): ahead for late in range(rules.LATE.days) for ahead in rules.REMIND}
    query = select(PointPartner).where(
        PointPartner.state.in_(changes.UNDER_CONTRACT), PointPartner.contract_until.in_(days), ~_ended_by_notice()
    )
    for one in session.scalars(query.order_by(PointPartner.id)).all():
        assert one.contract_until
        key = f"{one.id}:{one.contract_until}:{days[one.contract_until]}"
        changes.tell(session, one, "contract-ends", one.contract_until, key)


def close(session: Session) -> None:
    """After the last day (and the time to renew, unless it was ended): with nothing left to settle or to pay, the terminals
    leave and the shop is closed. Its statements stay to be read."""
    today = clock.today()
    left = exists().where(
        PointSale.partner_id == PointPartner.id, PointSale.statement_id.is_(None), PointSale.reversed_at.is_(None)
    )
    unpaid = exists().where(PointStatement.partner_id == PointPartner.id, PointStatement.paid_by.is_(None))
    waits = exists().where(PartnerChange.partner_id == PointPartner.id, PartnerChange.open_key.is_not(None))
    over = (PointPartner.contract_until < today - rules.GRACE) | (
        (PointPartner.contract_until < today) & _ended_by_notice()
    )
    query = select(PointPartner).where(PointPartner.state.in_(changes.UNDER_CONTRACT), over, ~left, ~unpaid, ~waits)
    for one in session.scalars(query.order_by(PointPartner.id)).all():
        still = (PointPartner.id == one.id, PointPartner.state.in_(changes.UNDER_CONTRACT))
        if session.execute(update(PointPartner).where(*still).values(state=str(State.ENDED))).rowcount != 1:  # type: ignore[attr-defined]
            continue
        session.execute(delete(PartnerTerminal).where(PartnerTerminal.partner_id == one.id))
        did(session, Action.CHANGE, whose=None, what="point_partners", case_ref=str(one.id)[:8])
        changes.tell(session, one, "contract-closed", None, one.id)
    session.expire_all()


def _ended_by_notice() -> Any:
    return exists().where(
        PartnerChange.partner_id == PointPartner.id,
        PartnerChange.kind == Change.END,
        PartnerChange.step == Step.AGREED,
        PartnerChange.day == PointPartner.contract_until,
    )
