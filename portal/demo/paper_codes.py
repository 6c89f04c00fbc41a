"""Two sheets of codes: one to try at the kiosk, at the window or on the phone, and one that was lost."""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.crypto import derive_key
from portal.core.reference import check_sign, group
from portal.demo import cast
from portal.demo.volunteering import HEALTH, staff_member
from portal.points.paper import service as paper
from portal.points.paper.models import PointSheet

COUNT = 20
SHEETS = (("GENK10", 60), ("GENK20", -1))
"""Six signs its codes begin with, and the days until its last one."""


def codes(begin: str) -> list[str]:
    """Known in every demo, so that one can try them: real codes are random and told once."""
    bodies = (f"{begin}{number:05d}" for number in range(1, COUNT + 1))
    return [group(body + check_sign(body)) for body in bodies]


def load(session: Session, settings: Settings) -> None:
    """For an empty city."""
    keeper, key = staff_member(session, cast.POINTS_KEEPER), derive_key(settings.master, paper.KEY)
    assert keeper.id
    for begin, days in SHEETS:
        sheet = PointSheet(
            programme=HEALTH, codes=COUNT, last_day=clock.today() + timedelta(days=days),
            made_at=clock.now() - timedelta(days=14), made_by=keeper.id, made_label=keeper.label,
        )  # fmt: skip
        session.add(sheet)
        session.flush()
        paper.keep(session, key, sheet, codes(begin))
