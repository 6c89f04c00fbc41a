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
from ocdsmerge import Merger
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.config import Settings
from portal.core import clock
from portal.core.uow import Database
from portal.demo import businesses
from portal.demo import staff as demo_staff
from portal.demo import tenders as demo_tenders
from portal.procurement import merging, open_routes, tenders
from portal.procurement.history import recording
from portal.procurement.models import Agency, Tender, TenderBid
from portal.procurement.rules import PUBLIC
from tests.beginnings import furnishing
from tests.browser import Visitor
from tests.portal.procurement import city

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
        ("LG_Code=12", 10),
        ("LG_Code=13,12", 10),
        ("LG_Code=13", 0),
        ("Query=図書館 存在しない", 0),
        ("Query=図書館 OR 存在しない", 1),
        ("Query=存在しない OR (NOT 存在しない AND 図書館)", 1),
        ("Query=図書館 ANDNOT 図書館", 0),
        ('Query="図書館"', 1),
        ("LG_Code=12&Category=9", 0),
        ("LG_Code=12&Certification=Z", None),
        ("LG_Code=12&Procedure_Type=随時", None),
        ("LG_Code=12&Procedure_Type=1,4", None),
        ("LG_Code=12&Category=7", None),
        ("LG_Code=12&Count=many", None),
        ("LG_Code=chiba", None),
        ("LG_Code=12&CFT_Issue_Date=yesterday", None),
        ("Query=(図書館", None),
        ("Query=OR", None),
        ("LG_Code=121002&Tender_Submission_Deadline=/2000-01-01", 0),
        ("LG_Code=121002&Period_End_Time=2000-01-01/", 0),
        ("LG_Code=121002&Opening_Tenders_Event=2000-01-01", 0),
        ("LG_Code=121002&CFT_Issue_Date=9999-12-31/", 0),
        ("LG_Code=121002&CFT_Issue_Date=0001-01-01/", 10),
        ("LG_Code=121002&CFT_Issue_Date=0001-01-01", 0),
        ("LG_Code=121002&CFT_Issue_Date=0001-01-01/9999-12-31", 10),
        ("LG_Code=121002&CFT_Issue_Date=/0001-01-01", 0),
        ("LG_Code=121002&CFT_Issue_Date=2020-01-01/9999-12-31", 10),
    ],
)
def test_the_national_sites_search(app: Flask, demo_procurement: None, query: str, hits: int | None) -> None:
    """`hits` is None where it is told which parameter cannot be read."""
    page = Visitor(app).get(f"/open/kkj?{query}")
    answer = ET.fromstring(page.body)
    if hits is None:
        name = query.rpartition("&")[2].partition("=")[0]
        assert (page.status, answer.findtext("Error", "").partition("。")[0]) == (400, f"{name} を読み取れません")
        return
    assert answer.findtext("SearchResults/SearchHits") == str(hits)
    results = answer.findall("SearchResults/SearchResult")
    assert len(results) == min(hits, 2 if "Count=2" in query else 10)
    for one in results:
        assert one.findtext("Certification")
        addresses = [uri.text or "" for uri in one.iterfind("Attachments/Attachment/Uri")]
        assert addresses
        assert all(uri.startswith(("https://", Settings().base_url)) for uri in addresses)


def test_the_national_sites_codes_of_procedures(app: Flask, demo_procurement: None, database: Database) -> None:
    def hits(codes: str) -> int:
        page = Visitor(app).get(f"/open/kkj?LG_Code=12&Procedure_Type={codes}")
        return int(ET.fromstring(page.body).findtext("SearchResults/SearchHits", "-1"))

    with database.command("count") as session:
        public = select(Tender.method).where(Tender.state.in_(PUBLIC), Tender.published_at.is_not(None))
        methods = session.scalars(public).all()
    designated = methods.count("selective")
    assert hits("1") == methods.count("open") > 0
    assert (hits("2"), hits("3")) == (0, designated)
    assert hits("1,3") == hits("3,1,2") == methods.count("open") + designated
    refused = ET.fromstring(Visitor(app).get("/open/kkj?LG_Code=12&Procedure_Type=一般競争入札").body)
    assert "1（一般競争入札）" in refused.findtext("Error", "")


def test_a_search_for_nothing_is_refused(app: Flask) -> None:
    assert Visitor(app).get("/open/kkj?Category=1").status == 400


def test_no_cell_is_a_formula(app: Flask, demo_procurement: None, database: Any) -> None:
    with database.command("evil") as session:
        for one in session.scalars(select(Tender)):
            one.title = "=1+1"
    text = Visitor(app).get("/open/tenders.csv").body.decode("utf-8-sig")
    assert all(not row[3].startswith("=") for row in csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("act", ["UPDATE tender_releases SET number = number + 100", "DELETE FROM tender_releases"])
def test_the_database_itself_keeps_what_was_published(demo_procurement: None, database: Database, act: str) -> None:
    with pytest.raises(IntegrityError, match="stay as they are"), database.command("rewrite") as session:
        session.execute(text(act))


def test_compiled_releases_are_what_the_standards_library_merges(app: Flask, demo_procurement: None) -> None:
    with zipfile.ZipFile(STANDARD) as archive:
        schema = json.loads(archive.read("standard-1__1__5/schema/dereferenced-release-schema.json"))
    records = json.loads(Visitor(app).get("/open/ocds/records.json").body)["records"]
    amended = {"tag": ["tenderAmendment"], "date": "2030-01-01T00:00:00+09:00", "tender": {"description": None}}
    for record in records:
        for releases in (record["releases"], [*record["releases"], record["releases"][-1] | amended]):
            assert merging.compiled(releases) == Merger(schema).create_compiled_release(releases)
        assert record["compiledRelease"] == merging.compiled(record["releases"])
    told = [[one for body in record["releases"] for one in body["tender"].get("amendments", ())] for record in records]
    assert [record["compiledRelease"]["tender"].get("amendments", []) for record in records] == told
    assert any(told)


def test_of_a_sole_proprietor_open_data_has_no_number(app: Flask, town: None, database: Database) -> None:
    """The name stands with the result, as the law has it; what would join the bids of a person does not."""
    key = "5FTT1234ABCDEF"
    with database.command("city") as session:
        buyer = city.chief(session)
        first, second = (city.published(session, buyer) for _ in range(2))
        for tender in (first, second):
            said = {key: ("架空 花", 500), "7999901000001": ("株式会社架空商店", 900)}
            bids = [
                TenderBid(tender_id=tender.id, number=number, name=name, amount=amount, won=number == key)
                for number, (name, amount) in said.items()
            ]
            session.add_all(bids)
            tender.state, tender.decided_at = "awarded", clock.now()
            session.flush()
            tenders.publish_release(session, tender, session.get_one(Agency, tender.agency_code), tag="award")
            recording.record(session, tender, bids)
    visitor = Visitor(app)
    places = ("ocds/releases.json", "ocds/records.json", "tenders.csv", "bids.csv", "tenders.atom")
    answers = [visitor.get(f"/open/{place}").body.decode() for place in places]
    answers += [visitor.get(page).text for page in ("/business/statistics", "/business/statistics/bidder.csv")]
    assert not [place for place, answer in enumerate(answers) if key in answer]
    assert "架空 花" in answers[3]
    assert "架空 花" not in answers[5] + answers[6]
    suppliers = {award["suppliers"][0]["id"] for one in json.loads(answers[1])["records"]
                 for award in one["compiledRelease"].get("awards", ())}  # fmt: skip
    assert len(suppliers) == 2, "another id in every tender"


def test_packages_come_in_pages_that_link_to_each_other(
    app: Flask, demo_procurement: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = json.loads(Visitor(app).get("/open/ocds/releases.json").body)["releases"]
    monkeypatch.setattr(open_routes, "RELEASES_A_PAGE", 5)
    monkeypatch.setattr(open_routes, "TENDERS_A_PAGE", 3)
    for kind in ("releases", "records"):
        found, address = [], f"/open/ocds/{kind}.json"
        while address:
            page = Visitor(app).get(address)
            package = json.loads(page.body)
            assert len(package[kind]) <= 5
            assert package["uri"].endswith(address)
            found += package[kind]
            beside = dict(reversed(link.split("; ")) for link in page.headers["Link"].split(", "))
            address = beside.get('rel="next"', "").strip("<>").removeprefix(Settings().base_url)
        if kind == "releases":
            assert found == whole
        else:
            assert {one["ocid"] for one in found} == {body["ocid"] for body in whole}
            assert sum(len(one["releases"]) for one in found) == len(whole)


def test_what_is_the_same_is_not_sent_twice(app: Flask, demo_procurement: None) -> None:
    for place in ("ocds/releases.json", "ocds/records.json", "tenders.csv", "bids.csv"):
        first = Visitor(app).get(f"/open/{place}")
        with clock.freeze(clock.now() + timedelta(days=400)):
            again = Visitor(app).get(f"/open/{place}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")
