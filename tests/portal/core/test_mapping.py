"""What SQLAlchemy keeps of mapped columns. Fails when a newer SQLAlchemy no longer needs, or no longer hears, our word."""

from typing import Any

import sqlalchemy
from sqlalchemy import MetaData, select
from sqlalchemy.orm import ColumnProperty, DeclarativeBase, Mapped, configure_mappers, mapped_column

from portal.core.mapping import TRIED, close_up


class Fictitious(DeclarativeBase):
    metadata = MetaData()


class Bench(Fictitious):
    """A bench of a park that does not exist."""

    __tablename__ = "benches"

    number: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str | None]


def _is_copied(attribute: Any) -> bool:
    """Whether the attribute has made a column for statements of its own (what is in the slot; asking would make it)."""
    slot: Any = ColumnProperty.Comparator.__dict__["__clause_element__"]
    try:
        slot.__get__(attribute.comparator)
    except AttributeError:
        return False
    return True


def test_this_sqlalchemy_is_one_whose_private_word_we_looked_at() -> None:
    assert sqlalchemy.__version__.startswith(TRIED), (
        "SQLAlchemy has a new version, and portal.core.mapping leaves it alone. Add the version to TRIED and run this file: "
        "if the next test fails, see in sqlalchemy/orm/attributes.py whether QueryableAttribute still keeps _slots_dispatch "
        "by MemoizedSlots (then mend _own_events), or no longer copies a column for it (then take annotate_when_used out)."
    )


def test_a_column_is_copied_for_statements_only_when_one_names_it() -> None:
    configure_mappers()
    assert not _is_copied(Bench.colour)
    select(Bench.colour).where(Bench.colour == "green")
    assert _is_copied(Bench.colour)
    assert not _is_copied(Bench.number)


def test_columns_closed_up_say_what_they_said() -> None:
    column, statement = Bench.__table__.c.colour, str(select(Bench))
    said = dict(vars(column))
    close_up(Fictitious.metadata)
    assert vars(column) == said
    assert str(select(Bench)) == statement
