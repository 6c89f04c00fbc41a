"""A terminal comes to a shop: at once where it stands nowhere; from another shop once a second person agreed (二人目の確認).

What cards pay on it is the money of the shop in which it stands, so until then it stays that shop's. The way is that of the
other changes of a shop: proposed by one (`checked`), agreed to by another, stopped by anybody of the staff.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.points.partners import changes, contracts, terminals
from portal.points.partners.change_rules import Change, Step
from portal.points.partners.models import PartnerChange


def place(session: Session, actor: Actor, client_id: str, partner_id: UUID) -> PartnerChange | None:
    """What waits for a second person now, None where the machine stands in this shop. Raises NoSuchTerminal, ChangeOpen,
    NotUnderContract."""
    one, client = contracts.partner(session, partner_id), terminals.machine(session, client_id)
    there = terminals.stand(session, client, one)
    if there == one.id:
        return None
    changes.under_contract(one)
    made = changes.begin(
        session, one, Change.TERMINAL, None, open_key=f"{client} {Change.TERMINAL}", client=client, from_id=there
    )
    changes.move(session, made.id, Step.ASKED, Step.CHECKED, **changes.signed("checked", actor))
    return made


def waiting(session: Session, partner_id: UUID) -> Sequence[PartnerChange]:
    """Terminals that are to come to the shop, or to leave it for another one."""
    mine = (PartnerChange.partner_id == partner_id) | (PartnerChange.from_id == partner_id)
    query = select(PartnerChange).where(
        mine, PartnerChange.kind == Change.TERMINAL, PartnerChange.open_key.is_not(None)
    )
    return session.scalars(query.order_by(PartnerChange.asked_at, PartnerChange.id)).all()
