"""Files as phones write them: CSV, the ZIP of Apple Health, the ZIP of Google Takeout."""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from io import BytesIO

import pytest

from portal.core import clock
from portal.core.clock import JST

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 13 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Workout)*)>
<!ATTLIST HealthData locale CDATA #REQUIRED>
<!ELEMENT Record ((MetadataEntry|HeartRateVariabilityMetadataList)*)>
<!ATTLIST Record type CDATA #REQUIRED unit CDATA #IMPLIED value CDATA #IMPLIED>
]>
<HealthData locale="ja_JP">
 <ExportDate value="2026-11-23 07:00:00 +0900"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="1990-04-01" HKCharacteristicTypeIdentifierBloodType="A"/>
"""
TAIL = "</HealthData>\n"
BY_HAND = '<MetadataEntry key="HKWasUserEntered" value="1"/>'


@pytest.fixture
def still() -> Iterator[None]:
    """Midnight does not come in the middle of a test."""
    with clock.freeze(clock.now()):
        yield


def ago(days: int) -> date:
    return clock.today() - timedelta(days=days)


def record(
    day: date, hour: float, steps: int, *, device: str = "花子のiPhone", long: float = 0.25, inside: str = "",
    kind: str = "StepCount",
) -> str:  # fmt: skip
    begins = datetime.combine(day, datetime.min.time(), JST) + timedelta(hours=hour)
    at, until = (f"{moment:%Y-%m-%d %H:%M:%S} +0900" for moment in (begins, begins + timedelta(hours=long)))
    return (
        f' <Record type="HKQuantityTypeIdentifier{kind}" sourceName="{device}" unit="count" creationDate="{until}" '
        f'startDate="{at}" endDate="{until}" value="{steps}">{inside}</Record>\n'
    )


def apple_xml(records: Iterable[str]) -> bytes:
    return (HEAD + "".join(records) + TAIL).encode()


def packed(members: Mapping[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def apple_zip(records: Iterable[str]) -> bytes:
    clinical = b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>'
    folder = "apple_health_export/"
    return packed({f"{folder}export_cda.xml": clinical, f"{folder}書き出したデータ.xml": apple_xml(records)})


def google_zip(days: Mapping[date, int]) -> bytes:
    heads = "Date,Move Minutes count,Calories (kcal),Distance (m),Step count,Average weight (kg)\r\n"
    rows = "".join(f"{day},61,2101.5,6101.2,{steps},61.5\r\n" for day, steps in days.items())
    one_day = "Start time,End time,Step count\r\n00:00:00.000+09:00,00:15:00.000+09:00,12\r\n"
    folder = "Takeout/Fit/Daily activity metrics/"
    return packed(
        {f"{folder}2026-11-01.csv": one_day.encode(), f"{folder}Daily activity metrics.csv": (heads + rows).encode()}
    )


def csv(days: Mapping[date, int], heads: str = "日付,歩数", encoding: str = "utf-8") -> bytes:
    return (heads + "\r\n" + "".join(f"{day},{steps}\r\n" for day, steps in days.items())).encode(encoding)
