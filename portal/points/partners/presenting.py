"""What a shop says of itself to residents: where it is and its opening words. It changes that by itself, at once.

The telephone number is left out on purpose: the city calls the shop back at the one of the contract before money goes to
another account (decisions/0073), so whoever took over a sign-in must not choose it.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.points.partners import changes
from portal.points.partners.models import PointPartner
from portal.points.partners.rules import State

FIELDS = ("trade", "ward", "address", "opening")
SHOWN = 200


def change(session: Session, resident_id: UUID, one: PointPartner, facts: dict[str, str]) -> None:
    """The new words; nothing happens where none of them is new."""
    changed = [name for name in FIELDS if getattr(one, name) != facts[name]]
    for name in changed:
        setattr(one, name, facts[name])
    if not changed:
        return
    session.flush()
    did(session, Action.CHANGE, whose=resident_id, what="point_partners", case_ref=str(one.id)[:8])
    changes.tell(session, one, "presence-changed", clock.today(), new_id())


def open_now(session: Session, ward: str) -> Sequence[PointPartner]:
    """Shops that take points today, by ward and name ("" for all wards)."""
    today = clock.today()
    query = select(PointPartner).where(
        PointPartner.state == State.ACTIVE, PointPartner.contract_from <= today, PointPartner.contract_until >= today
    )
    if ward:
        query = query.where(PointPartner.ward == ward)
    return session.scalars(query.order_by(PointPartner.ward, PointPartner.name, PointPartner.id).limit(SHOWN)).all()
