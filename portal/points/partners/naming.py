"""Who acts for a shop besides its applicant: named by one member of staff, agreed to by another (二人目の確認)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.points import keepers
from portal.points.partners import contracts
from portal.points.partners.models import PartnerKeeper


def name(session: Session, actor: Actor, partner_id: UUID, number: str) -> UUID:
    """The resident with this addressee number is to act for the shop, once a second person agrees. Raises KeeperUnknown."""
    place = {"partner_id": contracts.partner(session, partner_id).id}
    return keepers.name(session, actor, PartnerKeeper, place, number)


def agree(session: Session, actor: Actor, partner_id: UUID, resident_id: UUID) -> None:
    """The second person: from now on they act for the shop. Raises OwnNaming, NamingDecided."""
    keepers.agree(session, actor, PartnerKeeper, {"partner_id": partner_id}, resident_id)


def dismiss(session: Session, partner_id: UUID, resident_id: UUID) -> None:
    """Not any more, or not at all."""
    keepers.dismiss(session, PartnerKeeper, {"partner_id": partner_id}, resident_id)


def named(session: Session, partner_id: UUID) -> Sequence[PartnerKeeper]:
    """Everybody, also those who wait for a second person."""
    query = select(PartnerKeeper).where(PartnerKeeper.partner_id == partner_id)
    return session.scalars(query.order_by(PartnerKeeper.since, PartnerKeeper.resident_id)).all()


def waiting(session: Session) -> set[UUID]:
    """The shops for which somebody is named and not agreed to yet."""
    query = select(PartnerKeeper.partner_id).where(~keepers.agreed(PartnerKeeper))
    return set(session.scalars(query))
