"""Parts of the city by which others count and sort: wards, ages, postal codes. Opens nobody's data."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select

from portal.residents import rules
from portal.residents.models import Resident

# The youngest age of each band but the first, and what the band is called.
BANDS = ((75, "75-"), (65, "65-74"), (40, "40-64"), (18, "18-39"))
YOUNGEST = "0-17"
AGE_BANDS = (YOUNGEST, *(words for _least, words in reversed(BANDS)))

ward_of: ColumnElement[Any] = Resident.__table__.c.ward


def age_band_of(today: date) -> ColumnElement[str]:
    """The age band of a resident on that day, as text."""
    bands = [(Resident.birth_date <= rules.years_before(today, least), literal(words)) for least, words in BANDS]
    return case(*bands, else_=literal(YOUNGEST))


def gone(whose: Any, today: date) -> ColumnElement[bool]:
    """Whether the resident whom the column *whose* names does not live in the city any more: no letter reaches them."""
    return exists().where(Resident.id == whose, Resident.moved_out <= today)


def hidden(whose: Any) -> ColumnElement[bool]:
    """Whether the resident whom the column *whose* names is under 支援措置: their address goes on no list."""
    return exists().where(Resident.id == whose, Resident.protected)


def record_mark(whose: Any) -> ColumnElement[bytes]:
    """What changes with any change of the register's entry about the resident whom the column *whose* names."""
    return select(Resident.digest).where(Resident.id == whose).scalar_subquery()


def by_postal_code(among: Any) -> Select[Any]:
    """A query of (place from 1, id, mark of the record) of those whom the column *among* names, in the order a post office
    sorts letters."""
    order = (Resident.postal_code, Resident.town, Resident.block, Resident.id)
    return select(func.row_number().over(order_by=order), Resident.id, Resident.digest).where(
        Resident.id.in_(select(among))
    )
