"""A small city for the tests of this room."""

from contextlib import contextmanager
from datetime import date

from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.ids import new_id
from portal.residents.service import RegisterRow, take

TODAY = date(2026, 11, 22)
CLERK = Actor(Kind.STAFF, new_id(), "中央区役所 市民総合窓口課")


def row(number, **facts):
    """A row of the register with everything that is needed."""
    usual = {
        "addressee_number": f"{number:015d}",
        "household_number": f"{number:015d}",
        "relation": "世帯主",
        "name": "見本田 花子",
        "kana": "ミホンダ ハナコ",
        "birth_date": date(1990, 1, 1),
        "sex": "female",
        "postal_code": "2600013",
        "ward": "中央区",
        "town": "中央",
        "block": "9丁目9999番9号",
        "moved_in": date(2020, 4, 1),
        "fictitious": True,
    }
    return RegisterRow(**usual | facts)


def bring(database, *rows):
    with database.command("import residents", Purpose.REGISTER) as session:
        return take(session, rows)


@contextmanager
def at_the_window(database):
    with database.page(CLERK, Purpose.WINDOW, writes=False) as session:
        yield session
