"""Somebody without an account sits at the window: まどか has filled in the first pages of 要介護認定 with them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.applications.assisted import service
from portal.applications.models import Application, Assistance
from portal.applications.service import save_page
from portal.core import clock
from portal.core.actor import Actor
from portal.core.identity import Document
from portal.demo import cast
from portal.residents.models import Resident
from portal.segments import service as segments
from portal.staff import service as staff

PROCEDURE = "care-certification"
AGO = timedelta(minutes=12)


def load(session: Session) -> None:
    """One half-filled draft. Loading twice adds nothing; a city of the cast alone has none."""
    if session.scalar(select(Assistance.application_id).limit(1)):
        return
    who, madoka = _neighbour(session), _window(session)
    if who is None or madoka is None:
        return
    with clock.freeze(clock.now() - AGO):
        accounts.check_by_document(session, madoka, who, Document.DRIVING_LICENCE)
        draft = service.begin(session, madoka, who, PROCEDURE)
    way = service.go_on(session, madoka, draft.id)
    save_page(session, way.actor, draft.id, "patient", {"whose": ["self"]})


def _neighbour(session: Session) -> UUID | None:
    """An old made-up person of the ward who has sent nothing, the same one in every city of one size."""
    cast_numbers = [person.addressee_number for person in cast.RESIDENTS]
    query = (
        select(Resident.id)
        .where(
            Resident.id.in_(segments.ids(segments.simple(ward="中央区", age_from=76))),
            Resident.addressee_number.not_in(cast_numbers),
            Resident.id.not_in(select(Application.resident_id).where(Application.resident_id.is_not(None))),
        )
        .order_by(Resident.addressee_number)
    )
    return session.scalar(query.limit(1))


def _window(session: Session) -> Actor | None:
    known = staff.password_of(session, cast.WINDOW.login_id)
    found = staff.actor_of(session, known[0]) if known else None
    return found[0] if found else None
