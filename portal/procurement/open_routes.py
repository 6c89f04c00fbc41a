"""Open data: tenders as OCDS packages, CSV, an Atom feed, and the XML search of the national site (官公需情報ポータル)."""

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

from flask import Response, json, request
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.procurement import ocds, search
from portal.procurement.tenders import releases
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("procurement_open", __name__, "/open")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
ATOM = "http://www.w3.org/2005/Atom"
HEADINGS = (
    "番号", "ocid", "機関", "件名", "区分", "方式", "状態", "等級", "地域",
    "公告日", "質問期限", "提出期限", "落札額", "落札者",
)  # fmt: skip


def _uri() -> str:
    return f"{hall().settings.base_url}{request.path}"


@room.page("/ocds/releases.json", access=Access.PUBLIC, purpose=Purpose.CHECK)
def release_package(session: Session, actor: Actor) -> Response:
    """Every release of every tender, the oldest first (OCDS 1.1.5 release package)."""
    found = releases(session, ocid=request.args.get("ocid", "")[:60])
    return _json(ocds.release_package(found, uri=_uri(), at=clock.now(), publisher=hall().settings.city_name))


@room.page("/ocds/records.json", access=Access.PUBLIC, purpose=Purpose.CHECK)
def record_package(session: Session, actor: Actor) -> Response:
    """Every tender with its history and as it stands (OCDS 1.1.5 record package)."""
    found = releases(session, ocid=request.args.get("ocid", "")[:60])
    return _json(ocds.record_package(found, uri=_uri(), at=clock.now(), publisher=hall().settings.city_name))


def _json(package: dict[str, Any]) -> Response:
    return Response(json.dumps(package, ensure_ascii=False, indent=1), mimetype="application/json")


@room.page("/tenders.csv", access=Access.PUBLIC, purpose=Purpose.CHECK)
def table(session: Session, actor: Actor) -> Response:
    """Every public tender as a table, in UTF-8 with a mark that spreadsheets understand."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for tender, agency, winner in search.everything(session):
        cells: Sequence[object] = (
            tender.number, tender.ocid, agency.name, tender.title, tender.category, tender.method, tender.state,
            "".join(tender.grades), tender.region, ocds.moment(tender.published_at) if tender.published_at else "",
            tender.questions_until.isoformat(), ocds.moment(tender.submissions_until),
            winner.amount if winner else "", winner.name if winner else "",
        )  # fmt: skip
        writer.writerow([_harmless(str(cell)) for cell in cells])
    return Response("\ufeff" + text.getvalue(), mimetype="text/csv")


def _harmless(cell: str) -> str:
    """No formula begins in a spreadsheet."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


@room.page("/tenders.atom", access=Access.PUBLIC, purpose=Purpose.CHECK)
def feed(session: Session, actor: Actor) -> Response:
    """The newest fifty releases as a feed (RFC 4287)."""
    base = hall().settings.base_url
    newest = list(releases(session))[-50:][::-1]
    top = ET.Element("feed", xmlns=ATOM)
    _say(top, "id", f"{base}/open/tenders.atom")
    _say(top, "title", f"{hall().settings.city_name} 入札")
    _say(top, "updated", newest[0]["date"] if newest else ocds.moment(clock.now()))
    ET.SubElement(top, "link", rel="self", href=f"{base}/open/tenders.atom")
    _say(ET.SubElement(top, "author"), "name", hall().settings.city_name)
    for body in newest:
        entry, tender = ET.SubElement(top, "entry"), body["tender"]
        _say(entry, "id", f"urn:ocds:{body['id']}")
        _say(entry, "title", tender["title"])
        _say(entry, "updated", body["date"])
        ET.SubElement(entry, "link", href=f"{base}/business/tenders/{tender['id']}")
        _say(entry, "summary", f"{body['buyer']['name']} {tender['status']} {body['tag'][0]}")
    return Response(_xml(top), mimetype="application/atom+xml")


@room.page("/kkj", access=Access.PUBLIC, purpose=Purpose.CHECK)
def kkj(session: Session, actor: Actor) -> Response:
    """Search as the national site answers it: Query, Project_Name, Organization_Name or LG_Code, with Category (1 goods,
    2 works, 3 services), CFT_Issue_Date (from/to) and Count."""
    asked = search.read_query(request.args)
    top = ET.Element("Results")
    _say(top, "Version", "1.0")
    if asked is None:
        _say(top, "Error", "Query, Project_Name, Organization_Name, LG_Code のいずれかが必要です。")
        return Response(_xml(top), mimetype="application/xml", status=400)
    found = search.found(session, asked)
    box = ET.SubElement(top, "SearchResults")
    _say(box, "SearchHits", str(found.hits))
    for place, (tender, agency) in enumerate(found.lines, start=1):
        one = ET.SubElement(box, "SearchResult")
        for name, words in search.fields(tender, agency, place=place, base=hall().settings.base_url):
            _say(one, name, words)
        if tender.documents:
            papers = ET.SubElement(one, "Attachments")
            for paper in tender.documents:
                attachment = ET.SubElement(papers, "Attachment")
                _say(attachment, "Name", paper["title"])
                _say(attachment, "Uri", paper["url"])
    return Response(_xml(top), mimetype="application/xml")


def _say(parent: ET.Element, name: str, words: str) -> None:
    ET.SubElement(parent, name).text = words


def _xml(top: ET.Element) -> bytes:
    return ET.tostring(top, encoding="utf-8", xml_declaration=True)
