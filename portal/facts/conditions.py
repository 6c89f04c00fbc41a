"""Facts and consents as conditions of a query about residents.

*of* is the column of the resident's id in the asking query. Each condition asks for the consent its fact needs by
itself, at the moment the query runs: whoever withdraws is out of the very next statement.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, exists, or_
from sqlalchemy.orm import aliased

from portal.core import clock
from portal.facts import catalogue
from portal.facts.models import Consent, Fact


def has_value(name: str, values: Collection[str], *, of: Any, on: date | None = None) -> ColumnElement[bool]:
    """Whether a fact *name* with one of *values* holds (with any value, if there are none)."""
    fact = aliased(Fact)
    return _exists(fact, name, of, on, *([fact.value.in_(sorted(values))] if values else []))


def in_range(
    name: str, *, of: Any, least: int | None = None, most: int | None = None, on: date | None = None
) -> ColumnElement[bool]:
    """Whether a fact of kind NUMBER holds whose value lies between; ends are included, None is open."""
    fact = aliased(Fact)
    number = cast(fact.value, BigInteger)
    bounds = [number >= least] if least is not None else []
    return _exists(fact, name, of, on, *bounds, *([number <= most] if most is not None else []))


def in_days(
    name: str, *, of: Any, first: date | None = None, last: date | None = None, on: date | None = None
) -> ColumnElement[bool]:
    """Whether a fact of kind DATE holds that tells a day between; ends are included (ISO days sort as texts)."""
    fact = aliased(Fact)
    bounds = [fact.value >= first.isoformat()] if first else []
    return _exists(fact, name, of, on, *bounds, *([fact.value <= last.isoformat()] if last else []))


def consent_stands(topic: str, *, of: Any) -> ColumnElement[bool]:
    """Whether the person has agreed to *topic* and not taken it back."""
    consent = aliased(Consent)
    return exists().where(consent.resident_id == of, consent.topic == topic, consent.withdrawn_at.is_(None))


def _exists(fact: Any, name: str, of: Any, on: date | None, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    day = on or clock.today()
    found = exists().where(
        fact.resident_id == of,
        fact.name == name,
        fact.since <= day,
        or_(fact.until.is_(None), fact.until >= day),
        *more,
    )
    needed = catalogue.types()[name].consent
    return and_(found, consent_stands(needed, of=of)) if needed else found
