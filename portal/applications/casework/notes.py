"""Internal notes: what staff write for each other about a case.

A note is never on a page of the person. It is a document of the city all the same: a request for disclosure
(個人情報保護法第76条) gets it, and staff are told so where they write.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import cases
from portal.applications.casework import reach
from portal.applications.casework.models import CaseNote
from portal.applications.casework.words import sound
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action


def write(session: Session, application_id: UUID, clerk: Actor, typed: str) -> None:
    """Add a note; notes are never changed or taken away by hand."""
    case = cases.open_case(session, application_id)
    reach.check(session, clerk, case)
    session.add(
        CaseNote(
            application_id=application_id,
            at=clock.now(),
            author_id=clerk.id,
            author_label=clerk.label,
            text=sound(typed),
        )
    )
    audit.did(session, Action.CREATE, whose=case.whose, what="applications.note", case_ref=case.reference)


def of_case(session: Session, application_id: UUID) -> list[CaseNote]:
    """The notes, the oldest first."""
    query = select(CaseNote).where(CaseNote.application_id == application_id)
    return list(session.scalars(query.order_by(CaseNote.id)))
