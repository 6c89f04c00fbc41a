"""Steps in an export of Apple Health: read as a stream, of a document that may be very large and is not trusted.

No entity is resolved; depth, names and the length of one tag are bounded, so that memory stays small whatever is sent.
Steps typed in by hand do not count (HKWasUserEntered).
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import BinaryIO
from xml.parsers import expat

from portal.core.clock import JST
from portal.points.health.rules import StepsTooMuch, StepsUnreadable, Walked

ROOT, RECORD, METADATA = "HealthData", "Record", "MetadataEntry"
STEPS, BY_HAND = "HKQuantityTypeIdentifierStepCount", "HKWasUserEntered"
PIECE = 1 << 16
LONGEST_TAG, MOST_DEPTH, MOST_NAMES, MOST_DEVICES = 1 << 20, 40, 1_000, 30
LONGEST = timedelta(hours=2)
"""A record over more time is one of a whole day, which cannot be laid beside hours."""


class _Reader:
    """What the parser tells, kept as steps by hour and device."""

    def __init__(self, since: date, until: date) -> None:
        self.walked, self.depth, self.begun = Walked(), 0, False
        self._since, self._until = since, until
        # Dates stand there in the zone of the phone: a day more on either side is looked at.
        self._first, self._last = ((day + timedelta(days=more)).isoformat() for day, more in ((since, -1), (until, 2)))
        self._names: set[str] = set()
        self._devices: dict[str, int] = {}
        self._open: dict[str, str] | None = None

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.depth, self.begun = self.depth + 1, True
        if self.depth == 1 and name != ROOT:
            raise StepsUnreadable
        if name not in self._names or not attributes.keys() <= self._names:
            self._names |= {name, *attributes}
        if self.depth > MOST_DEPTH or len(self._names) > MOST_NAMES:
            raise StepsTooMuch
        if name == RECORD and attributes.get("type") == STEPS:
            self._open = attributes if self._first <= attributes.get("startDate", "") <= self._last else None
        elif name == METADATA and attributes.get("key") == BY_HAND and attributes.get("value") == "1":
            self._open = None

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == RECORD and self._open is not None:
            self._add(self._open)
            self._open = None

    def _add(self, record: dict[str, str]) -> None:
        try:
            begins, ends = _moment(record["startDate"]), _moment(record["endDate"])
            steps = int(float(record["value"]))
            day, hour = begins.astimezone(JST).date(), begins.astimezone(JST).hour
        except (KeyError, ValueError, OverflowError):
            return
        if steps > 0 and self._since <= day <= self._until:
            device = self._devices.setdefault(record.get("sourceName", ""), min(len(self._devices), MOST_DEVICES))
            self.walked.add(day, hour if ends - begins <= LONGEST else None, device, steps)


def _moment(written: str) -> datetime:
    """2026-11-22 08:00:00 +0900."""
    at = datetime.fromisoformat(written[:19] + written[19:].strip())
    if at.tzinfo is None:
        raise ValueError(written)
    return at


def _refuse(*_told: object) -> int:
    raise StepsUnreadable


def read(file: BinaryIO, since: date, until: date, *, count: Callable[[int], None]) -> dict[date, int]:
    """Steps by day, of days from *since* to *until*; *count* is told the bytes read and may refuse. Raises
    StepsUnreadable, StepsTooMuch."""
    reader, parser, fed = _Reader(since, until), expat.ParserCreate("UTF-8"), 0
    parser.StartElementHandler, parser.EndElementHandler = reader.begin, reader.end
    parser.EntityDeclHandler = parser.ExternalEntityRefHandler = _refuse
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        while piece := file.read(PIECE):
            count(len(piece))
            parser.Parse(piece, False)
            fed += len(piece)
            done = parser.CurrentByteIndex if reader.begun else 0  # declarations before the content are no content
            if fed - max(0, done) > LONGEST_TAG + PIECE:
                raise StepsTooMuch
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):
        raise StepsUnreadable from None
    return reader.walked.by_day()
