"""Sealed quotations: nobody reads them before the time, whatever they hold of the database; two officers open them."""

import base64
import json
import re
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies.models import Company
from portal.core import clock
from portal.core.db import Base
from portal.core.envelope import KeyRing, SealBroken
from portal.core.errors import Refusal
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.procurement.models import Tender
from portal.procurement.sealed import opening, rules, seal, service
from portal.procurement.sealed.models import Quotation, QuotationLock
from portal.procurement.sealed.rules import Offer
from portal.procurement.sealed.seal import Said
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.procurement import city
from tests.portal.procurement.city import AMOUNT, NOTE, SEALED
from tests.portal.procurement.desk import press, write

CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}")


def test_from_the_codes_to_the_result(
    app: Flask, database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    kaoru, tetsuo, shoko = staff_client(Role.BUYER), staff_client(Role.BUYING_CHIEF), business_client("shoko")
    page = write(kaoru, method="limited", estimate="2,000,000", sealed="y")
    refused = press(kaoru, page, "publish")
    assert refused.status == 422, "nobody could open it"
    codes = [CODE.findall(who.submit(who.get("/staff/opening-code"), "/staff/opening-code").text)[0]
             for who in (kaoru, tetsuo)]  # fmt: skip
    assert press(kaoru, page, "publish").status == 200
    with database.command("look") as session:
        tender = session.scalars(select(Tender)).one()
    form = f"/business/tenders/{tender.number}/quotation"
    typed = {"quotation": "１，２３４，５６７", "again": "1234567", "draw": "007", "note": NOTE}
    for slip in ({"again": "1234568"}, {"draw": "1000"}, {"quotation": "-5"}):
        assert shoko.submit(shoko.get(form), form, **typed | slip).status == 422
    filed = shoko.submit(shoko.get(form), form, **typed)
    receipt = re.findall(r"[0-9a-f]{4}(?:-[0-9a-f]{4}){3}", filed.text)[0]
    assert shoko.post(form, typed, page=filed).status == 409
    opens = f"{page.path}/opening"
    assert kaoru.post(opens, {"code": codes[0]}, page=kaoru.get(opens)).status == 409, "before the time"
    with clock.freeze(tender.submissions_until):
        kaoru, tetsuo = staff_client(Role.BUYER), staff_client(Role.BUYING_CHIEF)
        assert kaoru.submit(kaoru.get(opens), opens, code=codes[1]).status == 422, "a colleague's code"
        kaoru.submit(kaoru.get(opens), opens, code=codes[0].lower())
        assert str(AMOUNT)[:3] not in kaoru.get(opens).text
        assert kaoru.post(opens, {"code": codes[0]}, page=kaoru.get(opens)).status == 409, "one officer is not two"
        opened = tetsuo.submit(tetsuo.get(opens), opens, code=codes[1])
        assert all(words in opened.text for words in ("1,234,567", NOTE, receipt)), opened.text
        page = kaoru.submit(kaoru.get(opens), f"{opens}/result")
        assert kaoru.post(f"{opens}/result", {"version": "4"}, page=page).status == 409
    assert "1,234,567" in Visitor(app).get(f"/business/tenders/{tender.number}").text
    bodies = json.loads(Visitor(app).get("/open/ocds/releases.json").body)["releases"]
    assert [body["tag"][0] for body in bodies] == ["tender", "tenderUpdate", "award"]
    assert bodies[0]["tender"]["submissionMethod"] == ["electronicSubmission"]
    assert bodies[2]["awards"][0]["value"]["amount"] == AMOUNT


def stored(session: Session) -> bytes:
    """Every byte of every table, as an administrator could copy it."""
    found = []
    for table in Base.metadata.sorted_tables:
        for row in session.execute(select(table)):
            found += [cell if isinstance(cell, bytes) else str(cell).encode() for cell in row]
    return b"\0".join(found)


def test_the_stored_bytes_say_nothing(database: Database, locked: Any) -> None:
    with database.command("look") as session:
        kept = stored(session)
        lengths = {len(one) for one in session.scalars(select(Quotation.sealed))}
    assert lengths == {4096 + 32 + 16}, "how many digits it has is not to be seen"
    for secret in (str(AMOUNT), f"{AMOUNT:,}", NOTE, "XYZ-98765", *(code for _who, code in locked[1])):
        plain = secret.encode()
        forms = [plain, plain.hex().encode(), base64.b64encode(plain), secret.encode("utf-16-le")]
        assert not [form for form in forms if form in kept], secret


def opened_with(database: Database, locked: Any, at: datetime, ring: KeyRing | None = None) -> str:
    """Both officers give their codes at *at*: the amounts, or the code of the refusal."""
    tender_id, pairs, _shoko, own = locked
    try:
        with clock.freeze(at):
            for officer, code in pairs:
                with database.command("open") as session:
                    opening.give_code(session, ring or own, officer, tender_id, code)
    except Refusal as refusal:
        return refusal.code
    with database.command("look") as session:
        return ",".join(str(one.amount or one.fault) for one in session.scalars(select(Quotation)))


def the_tender(database: Database, locked: Any) -> Tender:
    with database.command("look") as session:
        return session.get_one(Tender, locked[0])


def move_time(session: Session, locked: Any) -> None:
    session.execute(update(Tender).values(submissions_until=clock.now() - timedelta(hours=1)))


def put_own_key(session: Session, locked: Any) -> None:
    public, _share, _pairs = seal.new_lock(locked[0], {uuid4(): seal.public_bytes(seal.officer_key("x", uuid4()))})
    session.execute(update(QuotationLock).values(public_key=public))


def give_it_to_another(session: Session, locked: Any) -> None:
    other = session.scalars(select(Company.id).where(Company.id != locked[2].company)).first()
    session.execute(update(Quotation).values(company_id=other))


def flip_a_bit(session: Session, locked: Any) -> None:
    one = session.scalars(select(Quotation)).one()
    session.execute(update(Quotation).values(sealed=one.sealed[:-1] + bytes([one.sealed[-1] ^ 1])))


@pytest.mark.parametrize(
    ("attack", "result"),
    [
        (None, str(AMOUNT)),
        (move_time, "sealed-lock-broken"),
        (put_own_key, "sealed-lock-broken"),
        (give_it_to_another, "unreadable"),
        (flip_a_bit, "unreadable"),
    ],
)
def test_an_administrator_who_changes_rows_opens_nothing(
    database: Database, locked: Any, attack: Any, result: str
) -> None:
    until = the_tender(database, locked).submissions_until
    assert opened_with(database, locked, until - timedelta(seconds=1)) == "sealed-not-yet-time"
    if attack:
        with database.command("attack") as session:
            attack(session, locked)
    assert opened_with(database, locked, until) == result


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_both_codes_open_nothing_without_the_portals_key(database: Database, locked: Any) -> None:
    """Two officers who collude with the administrator still lack what lies outside the database."""
    until = the_tender(database, locked).submissions_until
    assert opened_with(database, locked, until, KeyRing("master", {"master": b"\1" * 32})) == "sealed-lock-broken"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_new_time_and_a_new_wrapping_key_keep_what_is_sealed(database: Database, locked: Any) -> None:
    tender_id, pairs, shoko, ring = locked
    newer = KeyRing("new", {**ring.keys, "new": b"\2" * 32})
    later = city.facts()["submissions_until"] + timedelta(days=7)
    with database.command("change") as session:
        service.change(session, ring, pairs[0][0], tender_id, 2, city.facts(**SEALED, submissions_until=later), "延長")
        with pytest.raises(rules.AlreadyFiled):
            service.file(session, ring, shoko, session.get_one(Tender, tender_id), Said(1, 1, ""))
    with clock.freeze(later), database.command("first") as session:
        opening.give_code(session, ring, pairs[0][0], tender_id, pairs[0][1])
    with database.command("rewrap") as session:
        assert (service.rewrap(session, newer), service.rewrap(session, newer)) == (1, 0)
    with clock.freeze(later), database.command("second") as session:
        assert opening.give_code(session, KeyRing("new", {"new": b"\2" * 32}), pairs[1][0], tender_id, pairs[1][1])
        assert opening.stand(session, session.get_one(Tender, tender_id)).winner is not None


def test_any_two_of_the_officers_and_nobody_alone() -> None:
    tender, people = uuid4(), {uuid4(): uuid4() for _ in range(4)}
    keys = {key: seal.officer_key(seal.new_code(), member) for key, member in people.items()}
    public, portal, pairs = seal.new_lock(tender, {key: seal.public_bytes(one) for key, one in keys.items()})
    sealed = seal.seal(Said(AMOUNT, 1, ""), public, tender, tender)
    for first, second in combinations(sorted(keys), 2):
        mine, theirs = (seal.halves_of(tender, one, keys[one], pairs) for one in (first, second))
        key = seal.tender_key(portal, mine[second], theirs[first], public=public)
        assert seal.unseal(sealed, key, tender, tender).amount == AMOUNT
        for shares in ((portal, mine[second], mine[second]), (bytes(32), mine[second], theirs[first])):
            with pytest.raises(SealBroken):
                seal.tender_key(*shares, public=public)
        with pytest.raises(SealBroken):
            seal.halves_of(tender, first, keys[second], pairs)


def offer(number: str, amount: int, draw: int = 0, minute: int = 0) -> Offer:
    return Offer(number, amount, draw, datetime(2026, 4, 1, 9, minute, tzinfo=clock.JST))


@pytest.mark.parametrize(
    ("offers", "most", "wins"),
    [
        ([], 100, None),
        ([offer("a", 101)], 100, None),
        ([offer("a", 100), offer("b", 99)], 100, "b"),
        ([offer("a", 50, 3, 1), offer("b", 50, 4, 0), offer("c", 60, 1)], 100, "a"),
        ([offer("a", 50, 3, 1), offer("b", 50, 5, 0)], 100, "b"),
        ([offer("a", 50, 0, 0), offer("b", 50, 1, 1), offer("c", 50, 1, 2)], None, "c"),
    ],
)
def test_the_lowest_within_the_estimate_wins_and_the_draw_among_equals(
    offers: list[Offer], most: int | None, wins: str | None
) -> None:
    best = rules.winner(offers, most=most)
    assert (best.number if best else None) == wins


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_who_does_not_fit_cannot_file(database: Database, locked: Any) -> None:
    from portal.procurement.models import Qualification

    with database.command("later") as session:
        session.execute(update(Qualification).values(valid_until=clock.today() - timedelta(days=1)))
        session.execute(Quotation.__table__.delete())
        with pytest.raises(rules.NotEntitled):
            service.file(session, locked[3], locked[2], session.get_one(Tender, locked[0]), Said(1, 1, ""))


@pytest.mark.parametrize(
    "facts",
    [{"method": "open"}, {"estimate": None}, {"estimate": 3_000_001}, {"category": "services", "estimate": 2_000_001}],
)
def test_only_small_value_is_taken_so(facts: dict[str, Any]) -> None:
    with pytest.raises(rules.NotSmallValue):
        rules.check_small_value(**{"method": "limited", "category": "goods", "estimate": 3_000_000} | facts)
