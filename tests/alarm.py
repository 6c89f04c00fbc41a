"""The personal-data alarm: what a person of the cast is called, where they live, when they were born and every
number of theirs must never be found in a log line, an event or a record."""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import Engine, inspect, text

from portal.demo import cast
from portal.mydata.rules import OTHER, what_words

# Promises, events and records are facts about what happened, by id; contents stay in the rooms' own tables.
RECORDS = ("outbox", "audit_records")


def personal_words() -> frozenset[str]:
    """Everything about the cast that must not leak; short words would ring the alarm by chance."""
    words: set[str] = set()
    for person in cast.RESIDENTS:
        words |= {person.name, person.kana, person.town + person.block, person.address, person.number}
        words |= {person.birth_date.isoformat(), f"{person.birth_date:%Y%m%d}", person.email, person.phone}
        words |= {person.password, person.sign_pin}
    return frozenset(word for word in words if len(word) >= 4)


WORDS = personal_words()


def leaks(line: str) -> list[str]:
    """Which kinds of words *line* holds; the words themselves are not repeated in test output."""
    return [f"a personal word of {len(word)} signs" for word in WORDS if word in line]


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect leaks from structlog and from the standard logging while the block runs."""
    heard: list[str] = []
    before = structlog.get_config()["processors"]

    def listen(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        heard.extend(f"log {event.get('event')}: {leak}" for leak in leaks(str(event)))
        return event

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.extend(f"log of {record.name}: {leak}" for leak in leaks(record.getMessage()))

    handler = Listener()
    structlog.configure(processors=[listen, *before])
    logging.getLogger().addHandler(handler)
    try:
        yield heard
    finally:
        logging.getLogger().removeHandler(handler)
        structlog.configure(processors=before)


def wordless_records(engine: Engine) -> list[str]:
    """Kinds of audit records a person could not read: whatever a test brings on record must have words."""
    with engine.connect() as connection:
        if "audit_records" not in inspect(connection).get_table_names():
            return []
        kinds = connection.execute(text("SELECT DISTINCT what, action FROM audit_records"))
        return [f"no words for records of {what}" for what, action in kinds if what_words(what, action) == OTHER]


def leaks_in_records(engine: Engine) -> list[str]:
    """Leaks in promises, events and audit records of a database."""
    found = []
    with engine.connect() as connection:
        present = set(inspect(connection).get_table_names())
        for table in RECORDS:
            if table in present:
                for row in connection.execute(text(f"SELECT * FROM {table}")):
                    found += [f"{table}: {leak}" for leak in leaks(str(tuple(row)))]
    return found
