"""A corporation of which bodies have said something ends in the national register, or is merged: they hear of it.

What follows is theirs to decide: neither grades nor suspensions pass on to a successor by themselves. The list of
suspensions names the successor.
"""

from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from portal.companies.events import CorporationEnded
from portal.core import clock
from portal.core.permissions import Permission
from portal.procurement import body_news
from portal.procurement.models import Qualification, Suspension
from portal.procurement.registers.models import Registration
from portal.procurement.rules import SuspensionState


def on_corporation_ended(session: Session, event: CorporationEnded) -> None:
    """One mail to each body with a grade, a licence or a suspension of it that still counts."""
    for body in _bodies(session, event.company_id):
        body_news.post(
            session, body, body_news.ENDED, to=Permission.TENDER_WRITE, link="/staff/suspensions",
            key=f"ended:{event.company_id}:{body}:{clock.today()}",
        )  # fmt: skip


def _bodies(session: Session, company_id: UUID) -> list[str]:
    today = clock.today()
    said = union(
        select(Qualification.agency_code).where(
            Qualification.company_id == company_id, Qualification.valid_until >= today
        ),
        select(Registration.agency_code).where(
            Registration.company_id == company_id, Registration.withdrawn_at.is_(None)
        ),
        select(Suspension.agency_code).where(
            Suspension.company_id == company_id, Suspension.state != SuspensionState.LIFTED, Suspension.ends_on >= today
        ),
    )
    return sorted(session.scalars(said))
