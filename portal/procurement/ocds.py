"""Open data of tenders: releases and records of the Open Contracting Data Standard 1.1.5.

Each release tells the whole tender as it stood; parties are named by their 法人番号 (org-id list JP-JCN), people in trade
by their name alone (decision 93). What a release says is kept as it was made: packages are put together from kept rows,
nothing is written anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from portal.core.clock import JST
from portal.procurement import merging
from portal.procurement.models import Agency, Tender, TenderBid
from portal.procurement.rules import METHOD_WORDS, Method, State

VERSION = "1.1"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
STATUS = {
    State.PLANNED: "planned",
    State.ACTIVE: "active",
    State.AWARDED: "complete",
    State.UNSUCCESSFUL: "unsuccessful",
    State.CANCELLED: "cancelled",
}
NULLABLE = ("description", "submissionMethod")
JAPANESE_METHODS = {
    Method.OPEN: "一般競争入札",
    Method.SELECTIVE: "指名競争入札",
    Method.LIMITED: "見積合せ",
    Method.DIRECT: "随意契約",
}
assert set(JAPANESE_METHODS) == set(METHOD_WORDS)


def moment(at: datetime) -> str:
    """An instant as OCDS and Atom write it, in Japan's time."""
    return at.astimezone(JST).isoformat(timespec="seconds")


def party(tender: Tender, number: str, name: str) -> dict[str, Any]:
    """A party's id and identifier. Who has no 法人番号 is a person: the id holds within this tender, and finds nobody's
    other bids."""
    if len(number) == 13 and number.isdigit():
        return {
            "id": f"JP-JCN-{number}",
            "name": name,
            "identifier": {"scheme": "JP-JCN", "id": number, "legalName": name},
        }
    return {"id": f"{tender.ocid}-{_known_by(f'{tender.ocid} {number}')}", "name": name}


def release(
    tender: Tender,
    agency: Agency,
    bids: Sequence[TenderBid],
    *,
    number: int,
    at: datetime,
    tag: str,
    why: str,
    withdrawn: Sequence[Mapping[str, Any]] = (),
    papers: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What is public of *tender* at *at*: release *number* with its *tag* (OCDS releaseTag); *why* tells an amendment,
    *withdrawn* are the awards that were taken back before, *papers* the documents that lie here."""
    buyer = party(tender, agency.number, agency.name)
    body: dict[str, Any] = {
        "ocid": tender.ocid,
        "id": f"{tender.ocid}-{number:03d}",
        "date": moment(at),
        "tag": [tag],
        "initiationType": "tender",
        "language": "ja",
        "parties": _parties(tender, agency, bids, withdrawn),
        "buyer": {"id": buyer["id"], "name": buyer["name"]},
        "tender": _tender(tender, buyer, bids, papers, number=number, at=at, why=why),
    }
    won = [_award(tender, bid, at, place=len(withdrawn) + 1) for bid in bids if bid.won]
    if awards := [*withdrawn, *won]:
        body["awards"] = awards
    return body


def _parties(
    tender: Tender, agency: Agency, bids: Sequence[TenderBid], withdrawn: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The body, who bid, and who had an award that was taken back."""
    address = {"region": agency.prefecture, "locality": agency.city, "countryName": "日本"}
    buyer = {**party(tender, agency.number, agency.name), "address": address, "roles": ["buyer", "procuringEntity"]}
    parties = _each_once([buyer, *(_bidder(tender, bid) for bid in bids)])
    return parties + _suppliers_of(withdrawn, known={one["id"] for one in parties})


def _each_once(parties: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Who has several parts in a tender is one party with several roles: the body itself may stand among the bids."""
    found: dict[str, dict[str, Any]] = {}
    for one in parties:
        known = found.setdefault(one["id"], {**one, "roles": []})
        known["roles"] += [role for role in one["roles"] if role not in known["roles"]]
    return list(found.values())


def _known_by(text: str) -> str:
    """An id that stays the same in every release of a tender."""
    return blake2b(text.encode(), digest_size=6).hexdigest()


def taken_back(before: Mapping[str, Any], body: dict[str, Any]) -> None:
    """Say in *body* what the release *before* it said of the tender and is no more: null, which takes it away when releases
    are merged. Lists cannot be null (release-schema.json): a paper that was taken off stays part of the history."""
    for name in NULLABLE:
        if before["tender"].get(name) is not None and name not in body["tender"]:
            body["tender"][name] = None


def _suppliers_of(awards: Sequence[Mapping[str, Any]], *, known: set[str]) -> list[dict[str, Any]]:
    """Parties of awards that were taken back and are named nowhere else any more."""
    gone = {one["id"]: one["name"] for award in awards for one in award["suppliers"] if one["id"] not in known}
    return [_supplier(party, name) for party, name in gone.items()]


def _supplier(party: str, name: str) -> dict[str, Any]:
    scheme, _, number = party.rpartition("-")
    known = {"identifier": {"scheme": scheme, "id": number, "legalName": name}} if scheme == "JP-JCN" else {}
    return {"id": party, "name": name, **known, "roles": ["supplier"]}


def cancelled(award: Mapping[str, Any], why: str, *, at: datetime) -> dict[str, Any]:
    """An award that was taken back (awardStatus `cancelled`), with the reason."""
    place = str(len(award.get("amendments", [])) + 1)
    amended = [*award.get("amendments", []), {"id": place, "date": moment(at), "rationale": why}]
    return {**award, "status": "cancelled", "amendments": amended}


def _bidder(tender: Tender, bid: TenderBid) -> dict[str, Any]:
    return {**party(tender, bid.number, bid.name), "roles": ["tenderer", "supplier"] if bid.won else ["tenderer"]}


def _tender(
    tender: Tender, buyer: Mapping[str, Any], bids: Sequence[TenderBid], papers: Sequence[Mapping[str, Any]], *,
    number: int, at: datetime, why: str,
) -> dict[str, Any]:  # fmt: skip
    said: dict[str, Any] = {
        "id": tender.number,
        "title": tender.title,
        "status": STATUS[State(tender.state)],
        "procuringEntity": {"id": buyer["id"], "name": buyer["name"]},
        "mainProcurementCategory": tender.category,
        "procurementMethod": tender.method,
        "procurementMethodDetails": JAPANESE_METHODS[Method(tender.method)],
        "eligibilityCriteria": eligibility(tender),
        "enquiryPeriod": {"endDate": f"{tender.questions_until.isoformat()}T23:59:59+09:00"},
        "tenderPeriod": {"endDate": moment(tender.submissions_until)},
    }
    if tender.description:
        said["description"] = tender.description
    if tender.published_at and tender.state != State.PLANNED:
        said["tenderPeriod"]["startDate"] = moment(tender.published_at)
    if tender.sealed:
        said["submissionMethod"] = ["electronicSubmission"]
    if tender.item:
        said["items"] = [_item(tender)]
    if documents := [*papers, *_links(tender)]:
        said["documents"] = documents
    if why:
        said["amendments"] = [{"id": f"{number:03d}", "date": moment(at), "rationale": why}]
    if tender.state == State.AWARDED and tender.estimate:
        said["value"] = {"amount": tender.estimate, "currency": "JPY"}
    if bids:
        said["numberOfTenderers"] = len(bids)
        said["tenderers"] = [_named(tender, bid) for bid in bids]
    return said


def _links(tender: Tender) -> list[dict[str, Any]]:
    """Documents that lie elsewhere."""
    return [
        {"id": _known_by(one["url"]), "title": one["title"], "url": one["url"], "documentType": "biddingDocuments"}
        for one in tender.documents
    ]


def _item(tender: Tender) -> dict[str, Any]:
    item: dict[str, Any] = {"id": "1", "description": tender.item}
    if tender.quantity:
        item["quantity"] = tender.quantity
    if tender.unit:
        item["unit"] = {"name": tender.unit}
    return item


def eligibility(tender: Tender) -> str:
    """Who may take part, in one Japanese sentence."""
    where = f"{tender.region}に所在する" if tender.region else ""
    return f"{where}入札参加資格の等級が{'・'.join(tender.grades)}の事業者"


def _named(tender: Tender, bid: TenderBid) -> dict[str, Any]:
    one = party(tender, bid.number, bid.name)
    return {"id": one["id"], "name": one["name"]}


def _award(tender: Tender, bid: TenderBid, at: datetime, *, place: int) -> dict[str, Any]:
    return {
        "id": f"{tender.number}-{place}",
        "title": tender.title,
        **({"description": tender.reason} if tender.reason else {}),
        "status": "active",
        "date": moment(tender.decided_at or at),
        "value": {"amount": bid.amount, "currency": "JPY"},
        "suppliers": [_named(tender, bid)],
    }


def release_package(bodies: Iterable[Mapping[str, Any]], *, uri: str, at: datetime, publisher: str) -> dict[str, Any]:
    """A package of releases."""
    return {**_about(uri, at, publisher), "releases": list(bodies)}


def record_package(bodies: Iterable[Mapping[str, Any]], *, uri: str, at: datetime, publisher: str) -> dict[str, Any]:
    """A package of records, one a tender: all its releases, and the tender as they leave it (`compiledRelease`), merged by
    the standard's own rules: anybody who merges the releases has the same."""
    by_tender: dict[str, list[Mapping[str, Any]]] = {}
    for body in bodies:
        by_tender.setdefault(body["ocid"], []).append(body)
    records: list[dict[str, Any]] = [
        {
            "ocid": ocid,
            "releases": releases,
            "compiledRelease": merging.compiled(releases),
        }
        for ocid, releases in by_tender.items()
    ]
    return {**_about(uri, at, publisher), "records": records}


def _about(uri: str, at: datetime, publisher: str) -> dict[str, Any]:
    return {
        "uri": uri,
        "version": VERSION,
        "publishedDate": moment(at),
        "publisher": {"name": publisher},
        "license": LICENCE,
    }
