"""Guidance on the first day: what the cast is told, and さくら's vaccination record with one dose left open."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.demo import cast
from portal.facts import service as facts
from portal.facts.service import FactRow
from portal.guidance import service as guidance
from portal.guidance.models import Vaccination
from portal.guidance.vaccination.records import Given
from portal.residents import service as residents

# What さくら, one year old, was given by days after birth; measles and rubella is left open.
GIVEN = (
    ("five-in-one", 62), ("five-in-one", 92), ("five-in-one", 123),
    ("pneumococcus", 62), ("pneumococcus", 92), ("pneumococcus", 123),
    ("hepatitis-b", 62), ("hepatitis-b", 92), ("hepatitis-b", 215), ("five-in-one", 400),
    ("rotavirus", 62), ("rotavirus", 92), ("bcg", 155), ("pneumococcus", 400), ("varicella", 380),
)  # fmt: skip


def load(session: Session) -> None:
    """A record, a few days that matter, and the cast's households looked at once. Loading twice adds nothing."""
    child = residents.find_by_number(session, cast.SAKURA.addressee_number)
    if child is None or session.scalar(select(Vaccination.dose).limit(1)) is not None:
        return
    doses: dict[str, int] = {}
    rows = []
    for vaccine, days in GIVEN:
        doses[vaccine] = doses.get(vaccine, 0) + 1
        rows.append(
            Given(child.id, vaccine, doses[vaccine], child.birth_date + timedelta(days=days), "架空こどもクリニック")
        )
    guidance.take_vaccinations(session, rows, source="健康支援課")
    today = clock.today()
    _tell(session, cast.HANAKO, "certificate_until", today + timedelta(days=40))
    _tell(session, cast.ICHIRO, "care_until", today + timedelta(days=45))
    for someone in (cast.HANAKO, cast.ICHIRO, cast.AOI, cast.MARIA):
        person = residents.find_by_number(session, someone.addressee_number)
        assert person is not None
        guidance.look_at(session, {"resident_id": str(person.id)})


def _tell(session: Session, someone: cast.Resident, name: str, day: date) -> None:
    person = residents.find_by_number(session, someone.addressee_number)
    assert person is not None
    row = FactRow(person.id, name, day.isoformat(), date(clock.today().year - 1, 4, 1))
    facts.take(session, [row], source=facts.types()[name].owner)
