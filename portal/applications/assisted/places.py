"""The place beside a person: one member of staff has it at a time, over a draft or over a correction.

Whoever takes it and whoever keeps it does so by one conditional UPDATE, so two of them come one after the other.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Update, or_, select, update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.applications.assisted import rules
from portal.applications.models import Application, Assistance, AssistedCorrection
from portal.applications.rules import State
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.db import insert_once
from portal.core.ids import new_id

Place = type[Assistance] | type[AssistedCorrection]
NO_SYNC = {"synchronize_session": False}
LISTED = 50


def of(session: Session, place: Place, application_id: UUID) -> Assistance | AssistedCorrection | None:
    """Who sits there and sent nothing yet, or did and got up."""
    query: Select[Any] = select(place).where(place.application_id == application_id, place.sent_at.is_(None))
    found: Assistance | AssistedCorrection | None = session.scalars(
        query.execution_options(populate_existing=True)
    ).one_or_none()
    return found


def is_taken(found: Assistance | AssistedCorrection | None) -> bool:
    """Whether somebody sits there at this moment."""
    return found is not None and not rules.is_over(found.seen_at, found.ended_at, clock.now())


def take(
    session: Session, actor: Actor, resident_id: UUID, of_case: tuple[Place, UUID], instead_of: UUID | None
) -> bool:
    """Sit down: on one's own place, an empty one, or that of the one colleague named. False while a colleague has it.

    Raises IdentityNeeded unless *actor* checked a moment ago who the person is.
    """
    check = accounts.fresh_check(session, actor, resident_id)
    if check is None:
        raise rules.IdentityNeeded
    place, application_id = of_case
    facts = _facts(actor, check.how, check.at)
    row = {"application_id": application_id, "confirmed_how": "", "sent_at": None, **facts}
    if place is AssistedCorrection:
        row["id"] = new_id()
    if insert_once(session, place.__table__, row) == 1:  # type: ignore[arg-type]
        return True
    free = or_(
        place.member_id == actor.id,
        place.ended_at.is_not(None),
        place.seen_at <= clock.now() - rules.SITTING,
        place.member_id == instead_of,
    )
    return moved(session, _unsent(place, application_id).where(free).values(**facts))


def _facts(actor: Actor, how: str, at: datetime) -> dict[str, Any]:
    now = clock.now()
    return {
        "member_id": actor.id,
        "label": actor.label,
        "office": actor.office,
        "verified_how": how,
        "verified_at": at,
        "begun_at": now,
        "seen_at": now,
        "ended_at": None,
    }


def keep(session: Session, actor: Actor, place: Place, application_id: UUID) -> bool:
    """Before anything is written: is the place still one's own?"""
    mine = _mine(place, actor, application_id).where(place.seen_at > clock.now() - rules.SITTING)
    return moved(session, mine.values(seen_at=clock.now()))


def leave(session: Session, actor: Actor, place: Place, application_id: UUID) -> None:
    """Get up; twice is once."""
    moved(session, _mine(place, actor, application_id).values(ended_at=clock.now()))


def begun(session: Session, actor: Actor) -> tuple[list[Application], list[Application]]:
    """What *actor* sits over now, and what was begun at the same office and left lying: drafts first, the newest first.

    The lists say no name; that the others were listed is on record.
    """
    mine: list[Application] = []
    left: list[Application] = []
    for place, state in ((Assistance, State.DRAFT), (AssistedCorrection, State.CORRECTION_ASKED)):
        for case, there in session.execute(_begun_at(actor.office, place, state)):
            if not is_taken(there):
                audit.looked(session, whose=case.whose, what="applications", case_ref=case.reference)
                left.append(case)
            elif there.member_id == actor.id:
                mine.append(case)
    return mine, left


def _begun_at(office: str, place: Place, state: State) -> Select[Any]:
    both: list[Any] = [Application, place]
    query = select(*both).join(place, place.application_id == Application.id)
    unsent = place.office == office, place.ended_at.is_(None), place.sent_at.is_(None)
    return query.where(*unsent, Application.state == str(state)).order_by(place.begun_at.desc()).limit(LISTED)


def sent(session: Session, place: Place, application_id: UUID, confirmed: str) -> None:
    """What was confirmed is on its way: from now on the row says how it was."""
    done = _unsent(place, application_id)
    moved(session, done.values(confirmed_how=confirmed, sent_at=clock.now()))


def _unsent(place: Place, application_id: UUID) -> Update:
    return update(place).where(place.application_id == application_id, place.sent_at.is_(None))


def _mine(place: Place, actor: Actor, application_id: UUID) -> Update:
    return _unsent(place, application_id).where(place.member_id == actor.id, place.ended_at.is_(None))


def moved(session: Session, wanted: Update) -> bool:
    return session.execute(wanted, execution_options=NO_SYNC).rowcount == 1  # type: ignore[attr-defined]


def since(found: Assistance | AssistedCorrection) -> dict[str, Any]:
    """Who sits there, and since when, for whoever wanted to."""
    return {"who": found.label, "since": f"{found.begun_at.astimezone(clock.JST):%H:%M}"}
