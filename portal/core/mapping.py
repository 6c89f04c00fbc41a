"""What SQLAlchemy keeps of each mapped column, without what nobody asked for: a process of the portal has some 1,900.

It was a twentieth of the worker's memory. Measured by tests/benchmarks/fan_out.py, written down in decision 0091.
"""

from typing import Any

import sqlalchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import QueryableAttribute

TRIED = ("2.1.",)
"""Versions of SQLAlchemy in which the private word below was looked at. With any other all is as SQLAlchemy makes it, and a
process is larger; tests/portal/core/test_mapping.py says what to do then."""


def annotate_when_used() -> None:
    """Let a mapped attribute become a column of statements when a statement names it, not before.

    While it maps a class, SQLAlchemy asks each attribute by `hasattr` whether it has its events yet. An attribute hands
    every name it does not know to its column, and so each column is copied, with what tells a statement whose it is
    (2.5 KiB), for a question whose answer is no. An attribute that knows the name does not pass it on. There is no public
    word for that.
    """
    if not sqlalchemy.__version__.startswith(TRIED):
        return
    QueryableAttribute._memoized_attr__slots_dispatch = _own_events  # type: ignore[attr-defined]


def _own_events(attribute: Any) -> Any:
    """What SQLAlchemy itself makes when that answer is no (`slots_dispatcher`)."""
    return type(attribute).dispatch._for_instance(attribute)


def close_up(metadata: MetaData) -> None:
    """Give the columns' attributes the room they need: it was doubled while they were set, one after the other."""
    for table in metadata.tables.values():
        for column in table.columns:
            column.__dict__ = dict(column.__dict__)
