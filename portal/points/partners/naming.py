"""Who acts for a shop besides its applicant: named by one member of staff, agreed to by another (四つ目)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.text import TextRefused
from portal.points.partners import contracts, rules
from portal.points.partners.models import PartnerKeeper
from portal.points.volunteering.rules import KeeperUnknown
from portal.residents import service as residents


def name(session: Session, actor: Actor, partner_id: UUID, number: str) -> UUID:
    """The resident with this addressee number is to act for the shop, once a second person agrees. Raises KeeperUnknown."""
    try:
        person = residents.find_by_number(session, number)
    except TextRefused:
        person = None
    if person is None:
        raise KeeperUnknown
    row = {
        "partner_id": contracts.partner(session, partner_id).id, "resident_id": person.id, "since": clock.now(),
        "named_by": actor.id, "named_label": actor.label, "agreed_by": None, "agreed_label": "",
    }  # fmt: skip
    if insert_once(session, PartnerKeeper.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=person.id, what="point_partner_keepers")
    return person.id


def agree(session: Session, actor: Actor, partner_id: UUID, resident_id: UUID) -> None:
    """The second person: from now on they act for the shop. Raises SecondPersonNeeded, PartnerDecided."""
    found = session.get(PartnerKeeper, (partner_id, resident_id))
    if found is not None and found.named_by == actor.id:
        raise rules.SecondPersonNeeded
    waits = update(PartnerKeeper).where(
        PartnerKeeper.partner_id == partner_id, PartnerKeeper.resident_id == resident_id, ~contracts.agreed()
    )
    values = {"agreed_by": actor.id, "agreed_label": actor.label, "since": clock.now()}
    if session.execute(waits.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.PartnerDecided
    session.expire_all()
    did(session, Action.CHANGE, whose=resident_id, what="point_partner_keepers")


def dismiss(session: Session, partner_id: UUID, resident_id: UUID) -> None:
    """Not any more, or not at all."""
    gone = delete(PartnerKeeper).where(PartnerKeeper.partner_id == partner_id, PartnerKeeper.resident_id == resident_id)
    if session.execute(gone).rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=resident_id, what="point_partner_keepers")


def named(session: Session, partner_id: UUID) -> Sequence[PartnerKeeper]:
    """Everybody, also those who wait for a second person."""
    query = select(PartnerKeeper).where(PartnerKeeper.partner_id == partner_id)
    return session.scalars(query.order_by(PartnerKeeper.since, PartnerKeeper.resident_id)).all()
