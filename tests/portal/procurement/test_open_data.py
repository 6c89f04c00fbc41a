"""Open data of tenders, judged by the Open Contracting Partnership's own checker, offline; and the other ways to it."""

import csv
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.config import Settings
from portal.core import clock
from portal.demo import businesses
from portal.demo import staff as demo_staff
from portal.demo import tenders as demo_tenders
from portal.procurement.models import Tender
from tests.beginnings import furnishing
from tests.browser import Visitor

STANDARD = (
    Path(__file__).parent / "data" / "ocds-standard-1.1.5.zip"
)  # schema/ of open-contracting/standard, Apache-2.0
WANTED = (
    "validation_errors", "additional_closed_codelist_values", "additional_open_codelist_values", "additional_fields",
    "version_used",
)  # fmt: skip


@furnishing
def demo_procurement(session: Session) -> None:
    """Every tender of the demo, with its bodies and companies."""
    demo_staff.load(session)
    businesses.load(session, 40)
    demo_tenders.load(session, Settings())


def checked(folder: Path, package: bytes, kind: str) -> dict[str, Any]:
    """What the checker says, in a program of its own: it is a guest here (AGPL), no part of the portal."""
    pytest.importorskip("libcoveocds")
    file = folder / f"{kind}.json"
    file.write_bytes(package)
    words = (sys.executable, "-W", "ignore", "-m", "libcoveocds", str(file), "--standard-zip", str(STANDARD))
    answer = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)
    assert answer.returncode == 0, answer.stderr[-2_000:]
    said = json.loads(answer.stdout)
    return {name: said.get(name) for name in WANTED}


def judged(package: bytes, schema: str) -> list[str]:
    """What the standard's own schema says against a package. The checker asks the net for a part of the schema of records
    although it lies in its archive; here all parts come from there."""
    jsonschema = pytest.importorskip("jsonschema")
    referencing = pytest.importorskip("referencing.jsonschema")
    with zipfile.ZipFile(STANDARD) as archive:
        parts = {
            Path(name).name: json.loads(archive.read(name))
            for name in archive.namelist()
            if name.endswith("-schema.json")
        }
    registry = referencing.EMPTY_REGISTRY.with_resources(
        (f"https://standard.open-contracting.org/schema/1__1__5/{name}", referencing.DRAFT4.create_resource(part))
        for name, part in parts.items()
    )
    validator = jsonschema.Draft4Validator(parts[schema], registry=registry, format_checker=jsonschema.FormatChecker())
    return [error.message for error in validator.iter_errors(json.loads(package))]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_standards_own_checker_finds_nothing(app: Flask, demo_procurement: None, tmp_path: Path) -> None:
    """Over all tenders of the demo with the amended and the cancelled one: releases, records, and compiled releases."""
    visitor = Visitor(app)
    package, records = (visitor.get(f"/open/ocds/{name}.json").body for name in ("releases", "records"))
    compiled = json.loads(package)
    compiled["releases"] = [one["compiledRelease"] for one in json.loads(records)["records"]]
    for place, content in enumerate((package, json.dumps(compiled).encode())):
        found = checked(tmp_path, content, str(place))
        assert found.pop("version_used") == "1.1"
        assert not any(found.values()), found
    assert judged(records, "record-package-schema.json") == []
    broken = records.replace(b'"tag"', b'"tags"', 1)
    assert judged(broken, "record-package-schema.json") != []


def test_the_checker_would_find_a_fault(tmp_path: Path) -> None:
    broken = {"uri": "https://city.example/x", "version": "1.1", "publishedDate": "2026-11-22T00:00:00+09:00",
              "publisher": {"name": "x"}, "releases": [{"ocid": "ocds-demo00-1", "id": "1", "date": "gestern", "tag": ["x"],
                                                        "initiationType": "tender"}]}  # fmt: skip
    found = checked(tmp_path, json.dumps(broken).encode(), "releases")
    assert found["validation_errors"]
    assert found["additional_closed_codelist_values"]


def test_each_way_tells_the_same_tenders(app: Flask, demo_procurement: None, database: Any) -> None:
    visitor = Visitor(app)
    with database.command("look") as session:
        public = {one.ocid: one for one in session.scalars(select(Tender).where(Tender.state != "draft"))}
    releases = json.loads(visitor.get("/open/ocds/releases.json").body)["releases"]
    assert {body["ocid"] for body in releases} == set(public)
    assert len({body["id"] for body in releases}) == len(releases) > len(public)
    records = json.loads(visitor.get("/open/ocds/records.json").body)["records"]
    states = {one["ocid"]: one["compiledRelease"]["tender"]["status"] for one in records}
    assert set(states.values()) == {"planned", "active", "complete", "unsuccessful", "cancelled"}
    one = next(iter(public))
    assert len(json.loads(visitor.get(f"/open/ocds/records.json?ocid={one}").body)["records"]) == 1
    table = list(csv.reader(io.StringIO(visitor.get("/open/tenders.csv").body.decode("utf-8-sig"))))
    assert {row[1] for row in table[1:]} == set(public)
    feed = ET.fromstring(visitor.get("/open/tenders.atom").body)
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == len(releases)
    parties = [party for body in releases for party in body["parties"]]
    assert all(companies.is_number(party["identifier"]["id"]) for party in parties)
    assert {party["identifier"]["scheme"] for party in parties} == {"JP-JCN"}
    assert all("value" not in body["tender"] for body in releases if body["tag"] != ["award"]), "estimates stay unknown"


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("Query=図書館", 1),
        ("Project_Name=工事&Category=2", 1),
        ("Organization_Name=千葉市&Count=2", 10),
        ("LG_Code=121002&Category=3", 3),
        ("Query=存在しない", 0),
        ("LG_Code=121002&CFT_Issue_Date=9999-12-31/", 0),
        ("LG_Code=121002&CFT_Issue_Date=0001-01-01/9999-12-31", 10),
        ("LG_Code=121002&CFT_Issue_Date=0001-01-01", 10),
        ("LG_Code=121002&CFT_Issue_Date=/0001-01-01", 0),
        ("LG_Code=121002&CFT_Issue_Date=2020-01-01/9999-12-31", 10),
    ],
)
def test_the_national_sites_search(app: Flask, demo_procurement: None, query: str, hits: int) -> None:
    answer = ET.fromstring(Visitor(app).get(f"/open/kkj?{query}").body)
    assert answer.findtext("SearchResults/SearchHits") == str(hits)
    results = answer.findall("SearchResults/SearchResult")
    assert len(results) == min(hits, 2 if "Count=2" in query else 10)
    for one in results:
        assert one.findtext("Certification")
        assert one.findtext("Attachments/Attachment/Uri", "").startswith("https://")


def test_a_search_for_nothing_is_refused(app: Flask) -> None:
    assert Visitor(app).get("/open/kkj?Category=1").status == 400


def test_no_cell_is_a_formula(app: Flask, demo_procurement: None, database: Any) -> None:
    with database.command("evil") as session:
        for one in session.scalars(select(Tender)):
            one.title = "=1+1"
    text = Visitor(app).get("/open/tenders.csv").body.decode("utf-8-sig")
    assert all(not row[3].startswith("=") for row in csv.reader(io.StringIO(text)))


def test_what_was_published_stays_when_the_clock_goes_on(app: Flask, demo_procurement: None) -> None:
    visitor = Visitor(app)
    before = json.loads(visitor.get("/open/ocds/releases.json").body)["releases"]
    with clock.freeze(clock.now() + timedelta(days=400)):
        assert json.loads(visitor.get("/open/ocds/releases.json").body)["releases"] == before
