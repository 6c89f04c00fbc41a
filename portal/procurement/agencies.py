"""Which public body a section of the city's staff works for."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.procurement import rules
from portal.procurement.models import Agency, AgencySection
from portal.staff import service as staff


def agency_of(session: Session, actor: Actor) -> Agency:
    """The body this member's section buys for; raises NoAgency."""
    query = select(Agency).join(AgencySection, AgencySection.agency_code == Agency.code)
    found = session.scalar(query.where(AgencySection.section_id == actor.section))
    if found is None:
        raise rules.NoAgency
    return found


def sections_named(session: Session, name: str) -> Sequence[AgencySection]:
    """The city's sections of this name, which decide by its catalogue; another body's may be called the same."""
    ids = staff.city_sections(session, name)
    query = select(AgencySection).where(AgencySection.section_id.in_(ids)).order_by(AgencySection.section_id)
    return session.scalars(query).all()
