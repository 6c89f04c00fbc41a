"""Files of phones: what is read in them, that devices count once, and that no file takes the portal's memory."""

import os
import resource
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from io import BytesIO
from random import Random
from typing import BinaryIO, cast

import pytest

from portal.points.health import reading
from portal.points.health.rules import StepsBusy, StepsTooMuch, StepsUnreadable, sort_days
from tests.portal.points.phones import (
    BY_HAND,
    HEAD,
    TAIL,
    ago,
    apple_xml,
    apple_zip,
    csv,
    google_zip,
    packed,
    record,
    still,
)

__all__ = ["still"]
pytestmark = pytest.mark.usefixtures("still")

SEED = int(os.environ.get("TEST_SEED", "20261123"))
MORE_MEMORY = 60_000  # KiB


def days_in(content: bytes) -> dict[date, int]:
    return reading.read(BytesIO(content), ago(31), ago(0)).days


@pytest.mark.parametrize("heads", ["日付,歩数", "Date,Step count", "date,STEPS", "年月日,ステップ数"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_csv_is_read_by_its_headings(heads: str, encoding: str) -> None:
    assert days_in(csv({ago(1): 8_123, ago(2): 0}, heads, encoding)) == {ago(1): 8_123, ago(2): 0}


def test_rows_that_cannot_be_read_are_named_by_line() -> None:
    rows = (
        f"{ago(1)},12,8000", "昨日,12,5000", f"{ago(2)},12,たくさん", f"{ago(3)},12,", f'{ago(1)},9,"８，５００"', "短い",
    )  # fmt: skip
    content = "\n".join(("日付,気温,歩数", *rows))
    found = reading.read(BytesIO(content.encode()), ago(31), ago(0))
    assert found.days == {ago(1): 8_500}  # of two devices in one list the larger number
    assert [(cell.line, cell.heading) for cell in found.refused] == [(3, "日付"), (4, "歩数"), (7, "")]


def test_google_takeout_is_read_as_it_is() -> None:
    walked = {ago(days): 4_000 + days for days in range(1, 20)}
    assert days_in(google_zip(walked)) == walked


def test_a_phone_and_a_watch_count_the_same_steps_once() -> None:
    day = ago(3)
    records = [
        record(day, 8, 1_000), record(day, 8.5, 500), record(day, 8.2, 1_400, device="Watch"),  # the phone counted more
        record(day, 12, 300, device="Watch"),  # the phone lay on the desk
        record(day, 0, 1_750, device="another app", long=24),  # the whole day once more, from the phone
        record(day, 15, 70, kind="HeartRate"), record(day, 16, 20_000, inside=BY_HAND),
        record(ago(40), 8, 5_000), record(day, 23.99, 10),
    ]  # fmt: skip
    assert days_in(apple_xml(records)) == days_in(apple_zip(records)) == {day: 1_500 + 300 + 10}
    assert days_in(apple_zip([record(day, 0, 9_000, device="another app", long=24)])) == {day: 9_000}


def test_hours_of_another_zone_belong_to_their_day_in_japan() -> None:
    at = record(ago(2), 23, 700).replace("+0900", "-0500")
    assert days_in(apple_xml([at])) == {ago(1): 700}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK", b"PK\x03\x04" + b"x" * 90, b"\x00\xff\xfe", b"<?xml", b"<?xml version='1.0'?><html/>",
        "体重,身長\n1,2".encode(), (HEAD + "<Record").encode(),
        (HEAD.replace("<!ELEMENT Record", '<!ENTITY a "b"><!ELEMENT Record') + TAIL).encode(),
        b'<!DOCTYPE HealthData SYSTEM "file:///etc/passwd" [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><HealthData/>',
        packed({"a.txt": b"x"}), packed({"a.xml": b"<a/>", "b.csv": b"1,2"}),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(StepsUnreadable):
        days_in(content)


class Endless:
    """So many bytes of the same few; read as a file that nobody has."""

    def __init__(self, begin: bytes, again: bytes, size: int) -> None:
        self.parts, self.left = self._parts(begin, again), size

    def _parts(self, begin: bytes, again: bytes) -> Iterator[bytes]:
        yield begin
        while True:
            yield again

    def read(self, _size: int = -1) -> bytes:
        self.left -= 1 << 16
        return next(self.parts) if self.left > 0 else b""

    def seek(self, _place: int) -> None: ...


def _names() -> bytes:
    return b"".join(b"<n%d/>" % number for number in range(5_000))


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"<HealthData", b" " * 65_536),
        (b'<HealthData a="', b"x" * 65_536),
        (b"<HealthData><!-- ", b"<" * 65_536),
        (b"<HealthData>", b"<a>" * 20_000),
        (b"<HealthData>", _names()),
        (b"<!DOCTYPE HealthData [", b"<!ATTLIST a b CDATA #IMPLIED>" * 2_000),
    ],
    ids=["tag", "attribute", "comment", "depth", "names", "declarations"],
)
def test_no_file_takes_the_portals_memory(begin: bytes, again: bytes) -> None:
    from portal.points.health import apple

    before, file = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Endless(begin, again, 1 << 30)
    with pytest.raises((StepsTooMuch, StepsUnreadable)):
        apple.read(cast(BinaryIO, file), ago(31), ago(0), count=lambda more: None)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MORE_MEMORY
    assert file.left > (1 << 30) - (64 << 20), "it was given up early"


def test_what_a_zip_unpacks_to_is_counted_whatever_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is made small: a gigabyte would be unpacked here."""
    monkeypatch.setattr(reading, "MOST_UNPACKED", 3_000_000)
    padding = (" " * 1_000 + "\n") * 5_000
    bomb = bytearray(apple_zip([padding, record(ago(1), 8, 1_000)]))
    assert len(bomb) < 60_000
    with pytest.raises(StepsTooMuch):
        days_in(bytes(bomb))
    with pytest.raises(StepsTooMuch):
        days_in(packed({"a.csv": b"date,steps\n" + b"2026-11-01,5\n" * 500_000}))
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(20_001):
            archive.writestr(f"{number}", b"")
    with pytest.raises(StepsTooMuch):
        days_in(made.getvalue())


def test_of_long_files_one_is_read_at_a_time_and_short_ones_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is made small: what is long takes a while."""
    monkeypatch.setattr(reading, "LONG_FROM", 100_000)
    monkeypatch.setattr(reading, "WAIT", 0.0)
    long = apple_zip([(" " * 1_000 + "\n") * 200, record(ago(1), 8, 1_000)])
    assert days_in(long) == {ago(1): 1_000}
    with reading.ONE_LONG:
        with pytest.raises(StepsBusy):
            days_in(long)
        assert days_in(csv({ago(1): 5_000})) == {ago(1): 5_000}
    monkeypatch.setattr(reading, "MOST_UNPACKED", 150_000)
    for _time in range(2):
        with pytest.raises(StepsTooMuch):
            days_in(long)
    monkeypatch.setattr(reading, "MOST_UNPACKED", 10_000_000)
    assert days_in(long) == {ago(1): 1_000}, "whoever was refused gave the turn back"


def test_a_damaged_file_is_refused_or_read_never_a_fault() -> None:
    print(f"TEST_SEED={SEED}")
    chance, at = Random(SEED), [record(ago(1), 8, 900)]
    for content in (apple_zip(at), google_zip({ago(1): 5}), csv({ago(1): 5}), apple_xml(at)):
        for _ in range(300):
            damaged = bytearray(content)
            for _ in range(chance.randint(1, 6)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            with suppress(StepsUnreadable, StepsTooMuch):
                days_in(bytes(damaged[: chance.randint(1, len(damaged))] if chance.random() < 0.3 else damaged))


def test_only_days_of_the_last_month_that_are_over_are_looked_at() -> None:
    found = {ago(days): 5_000 for days in (0, 1, 31, 32, -3)} | {ago(5): 100_001, ago(6): 100_000}
    kept = sort_days(found, ago(0))
    assert set(kept.days) == {ago(1), ago(31), ago(6)}
    assert (kept.outside, kept.impossible) == (3, 1)
