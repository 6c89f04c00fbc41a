"""Open data: tenders as OCDS packages, CSV, an Atom feed, and the XML search of the national site (官公需情報ポータル)."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, json, request
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.procurement import ocds, releases, search
from portal.procurement.papers import shelf
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room
from portal.web.spreadsheet import as_csv

room = Room("procurement_open", __name__, "/open")
ATOM = "http://www.w3.org/2005/Atom"
HEADINGS = (
    "番号", "ocid", "機関", "件名", "区分", "方式", "状態", "等級", "地域",
    "公告日", "質問期限", "提出期限", "落札額", "落札者",
)  # fmt: skip
BID_HEADINGS = ("番号", "ocid", "機関", "件名", "決定日", "法人番号", "入札者", "入札額", "結果")


# Whoever follows tenders asks again and again: a minute is early enough, and what is the same is not sent twice.
KEPT = "public, max-age=60"
RELEASES_A_PAGE, TENDERS_A_PAGE = 1_000, 200


@room.page("/ocds/releases.json", access=Access.PUBLIC, purpose=Purpose.CHECK)
def release_package(session: Session, actor: Actor) -> Response:
    """Every release of every tender, the oldest first (OCDS 1.1.5 release package), a thousand a page; the `Link` header
    (RFC 8288) says where the next ones are. `ocid` asks for one tender. What is not there is 404: the standard knows no
    package without a release."""
    place, ocid = _place(), request.args.get("ocid", "")[:60]
    found, more = releases.page(session, ocid=ocid, place=place, size=RELEASES_A_PAGE)
    package = ocds.release_package(found, uri=_uri(place), at=_newest(found), publisher=hall().settings.city_name)
    return _json(package, place, more)


@room.page("/ocds/records.json", access=Access.PUBLIC, purpose=Purpose.CHECK)
def record_package(session: Session, actor: Actor) -> Response:
    """Every tender with its history and as it stands (OCDS 1.1.5 record package), two hundred a page, in the order of their
    numbers; else as the releases."""
    place, ocid = _place(), request.args.get("ocid", "")[:60]
    found, more = releases.histories(session, ocid=ocid, place=place, size=TENDERS_A_PAGE)
    package = ocds.record_package(found, uri=_uri(place), at=_newest(found), publisher=hall().settings.city_name)
    return _json(package, place, more)


def _place() -> int:
    """Which page was asked for; raises NothingPublished for what is no number of a page."""
    typed = request.args.get("page", "1")
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 8 and int(typed)):
        raise releases.NothingPublished
    return int(typed)


def _uri(place: int) -> str:
    """Where a page is, with what was asked for."""
    said = {"ocid": request.args.get("ocid", "")[:60], "page": str(place) if place > 1 else ""}
    asked = urlencode({name: words for name, words in said.items() if words})
    return f"{hall().settings.base_url}{request.path}{'?' if asked else ''}{asked}"


def _newest(found: Sequence[Mapping[str, Any]]) -> datetime:
    """When what a package tells became public: the same package is the same bytes."""
    return max((datetime.fromisoformat(body["date"]) for body in found), default=clock.now())


def _json(package: dict[str, Any], place: int, more: bool) -> Response:
    answer = Response(json.dumps(package, ensure_ascii=False, indent=1), mimetype="application/json")
    beside = {"first": 1, "prev": place - 1, "next": place + 1 if more else 0}
    links = [f'<{_uri(number)}>; rel="{name}"' for name, number in beside.items() if number]
    answer.headers["Link"] = ", ".join(links)
    return _kept(answer)


def _kept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = KEPT
    answer.add_etag()
    answer.make_conditional(request.environ)
    return answer


@room.page("/tenders.csv", access=Access.PUBLIC, purpose=Purpose.CHECK)
def table(session: Session, actor: Actor) -> Response:
    """Every public tender as a table, in UTF-8 with a mark that spreadsheets understand."""
    rows = (
        (tender.number, tender.ocid, agency.name, tender.title, tender.category, tender.method, tender.state,
         "".join(tender.grades), tender.region, ocds.moment(tender.published_at) if tender.published_at else "",
         tender.questions_until.isoformat(), ocds.moment(tender.submissions_until),
         winner.amount if winner else "", winner.name if winner else "")
        for tender, agency, winner in search.everything(session)
    )  # fmt: skip
    return _kept(as_csv(HEADINGS, rows))


@room.page("/bids.csv", access=Access.PUBLIC, purpose=Purpose.CHECK)
def all_bids(session: Session, actor: Actor) -> Response:
    """Every bid that was published with a result, also those that did not win. Of sole proprietors no number."""
    rows = (
        (tender.number, tender.ocid, agency.name, tender.title, ocds.moment(tender.decided_at) if tender.decided_at else "",
         bid.number if companies.is_number(bid.number) else "", bid.name, bid.amount, "落札" if bid.won else "")
        for tender, agency, bid in search.bids(session)
    )  # fmt: skip
    return _kept(as_csv(BID_HEADINGS, rows))


@room.page("/tenders.atom", access=Access.PUBLIC, purpose=Purpose.CHECK)
def feed(session: Session, actor: Actor) -> Response:
    """The newest fifty releases as a feed (RFC 4287)."""
    base = hall().settings.base_url
    newest = releases.newest(session, 50)
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
    return _kept(Response(_xml(top), mimetype="application/atom+xml"))


@room.page("/kkj", access=Access.PUBLIC, purpose=Purpose.CHECK)
def kkj(session: Session, actor: Actor) -> Response:
    """Search as the national site answers it: Query, Project_Name, Organization_Name or LG_Code (prefectures, cities; commas
    between), with Category (1 goods, 2 works, 3 services), Procedure_Type (1 to 3), Certification, the days CFT_Issue_Date,
    Tender_Submission_Deadline, Period_End_Time, Opening_Tenders_Event (from/to), and Count."""
    top = ET.Element("Results")
    _say(top, "Version", "1.0")
    try:
        asked = search.read_query(request.args)
        found = search.found(session, asked) if asked else None
    except search.Unreadable as unreadable:
        return _refused(top, unreadable.words)
    if found is None:
        return _refused(top, "Query, Project_Name, Organization_Name, LG_Code のいずれかが必要です。")
    box = ET.SubElement(top, "SearchResults")
    _say(box, "SearchHits", str(found.hits))
    files = shelf.addresses(session, [tender.id for tender, _agency in found.lines])
    for place, (tender, agency) in enumerate(found.lines, start=1):
        one = ET.SubElement(box, "SearchResult")
        for name, words in search.fields(tender, agency, place=place, base=hall().settings.base_url):
            _say(one, name, words)
        links = [(paper["title"], paper["url"]) for paper in tender.documents]
        if papers := [*files.get(tender.id, []), *links]:
            box_of_papers = ET.SubElement(one, "Attachments")
            for title, address in papers:
                attachment = ET.SubElement(box_of_papers, "Attachment")
                _say(attachment, "Name", title)
                _say(attachment, "Uri", address)
    return Response(_xml(top), mimetype="application/xml")


def _refused(top: ET.Element, words: str) -> Response:
    _say(top, "Error", words)
    return Response(_xml(top), mimetype="application/xml", status=400)


def _say(parent: ET.Element, name: str, words: str) -> None:
    ET.SubElement(parent, name).text = words


def _xml(top: ET.Element) -> bytes:
    return ET.tostring(top, encoding="utf-8", xml_declaration=True)
