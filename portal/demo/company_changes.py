"""What the national register changed of demo companies, a body's next grades, and a suspension two people lifted."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.companies import register
from portal.companies.models import Company, Corporation
from portal.companies.register import NationalRow
from portal.core import clock
from portal.demo import cast
from portal.demo.business_people import AGENT_NUMBER, COMPANY, corporate_number
from portal.demo.tenders import CITY, _actor
from portal.procurement import suspending
from portal.procurement.models import Qualification

SUSPENDED, ITS_HEIR, SMALL, LIFTED, MOVED = (corporate_number(serial) for serial in (9, 11, 12, 13, 14))
LEAST = 14
"""So many companies have to be there."""


def load(session: Session) -> None:
    """A suspended company is merged, a small one goes into the scrivener's, a third has moved."""
    yesterday = clock.today() - timedelta(days=1)
    _lift_one(session)
    rows = [
        _changed(session, SUSPENDED, yesterday, **_merged(ITS_HEIR, yesterday)),
        _changed(session, SMALL, yesterday, **_merged(AGENT_NUMBER, yesterday)),
        _changed(session, MOVED, yesterday, process="12", street="架空町3丁目14番15号"),
    ]
    register.take(session, [row for row in rows if row])
    _grade_next(session)


def _merged(into: str, day: date) -> dict[str, Any]:
    return {"process": "71", "closed_on": day, "close_cause": "11", "successor": int(into)}


def _changed(session: Session, number: str, day: date, **facts: Any) -> NationalRow | None:
    found = session.get(Corporation, int(number))
    if found is None:
        return None
    said = {name: getattr(found, name) for name in NationalRow._fields}
    return NationalRow(**{**said, "updated_on": day, "changed_on": day, **facts})


def _lift_one(session: Session) -> None:
    today, kaoru, tetsuo = clock.today(), _actor(session, cast.BUYER), _actor(session, cast.BUYING_CHIEF)
    lifted = suspending.propose_suspension(
        session, kaoru, number=LIFTED, ground="納期の遅れ（架空）", begins_on=today, ends_on=today + timedelta(days=60)
    )
    session.flush()
    suspending.put_in_force(session, tetsuo, lifted)
    suspending.propose_lift(session, kaoru, lifted, "遅れの理由が天災であったことが分かりました。")
    session.flush()
    session.expire_all()
    suspending.lift(session, tetsuo, lifted)


def _grade_next(session: Session) -> None:
    """The period after the current one for the cast's company, which stands beside it until it begins."""
    theirs = Qualification.company_id.in_(select(Company.id).where(Company.key == COMPANY.corporate_number))
    current = session.scalars(select(Qualification).where(theirs, Qualification.agency_code == CITY)).all()
    rows = [
        {
            "company_id": one.company_id, "agency_code": CITY, "category": one.category, "grade": "A",
            "valid_from": one.valid_until + timedelta(days=1), "valid_until": one.valid_until + timedelta(days=730),
        }
        for one in current
    ]  # fmt: skip
    if rows:
        session.execute(insert(Qualification), rows)
