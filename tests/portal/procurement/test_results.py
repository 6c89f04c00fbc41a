"""Results that stand out need a reason everybody reads; a wrong one is taken back by two people and decided anew."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portal.companies.models import BusinessDelivery, Company
from portal.core import clock
from portal.core.actor import Actor
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.procurement import rules, telling, tenders
from portal.procurement.history.models import Award, AwardBid
from portal.procurement.models import Qualification, Suspension, Tender
from portal.procurement.results import rules as result_rules
from portal.procurement.results import service as results
from portal.procurement.results.models import ResultWithdrawal
from portal.procurement.rules import BidLine, Doubt
from portal.procurement.sealed import opening
from portal.procurement.sealed import service as sealed
from portal.procurement.sealed.models import Quotation
from portal.procurement.sealed.seal import Said
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.portal.procurement import city
from tests.portal.procurement.desk import press, write
from tests.portal.procurement.test_amendments import opened
from tests.portal.procurement.test_tenders import SHOTEN, bodies, deadline_passes, the_tender

ONE, TWO = city.corporate_number(1), city.corporate_number(2)
LOW, HIGH = BidLine(ONE, 100), BidLine(TWO, 200)


def suspended(session: Session, tender: Tender) -> None:
    today = clock.today()
    session.execute(
        insert(Suspension).values(
            id=new_id(), company_id=city.company(session, 1).id, agency_code=tender.agency_code, ground="架空",
            begins_on=today, ends_on=today + timedelta(days=9), state="in-force", proposed_by=new_id(),
            approved_by=new_id(), objection="", objected_at=None, answer="", answered_at=None,
        )
    )  # fmt: skip


def ungraded(session: Session, tender: Tender) -> None:
    session.execute(update(Qualification).values(grade="D"))


def lapsed(session: Session, tender: Tender) -> None:
    until = tender.submissions_until.astimezone(clock.JST).date() - timedelta(days=1)
    session.execute(update(Qualification).values(valid_until=until))


def outside(session: Session, tender: Tender) -> None:
    session.execute(update(Company).values(region="東京都千代田区"))


def closed(session: Session, tender: Tender) -> None:
    session.execute(update(Company).values(closed_on=clock.today()))


def low_estimate(session: Session, tender: Tender) -> None:
    session.execute(update(Tender).values(estimate=99))


@pytest.mark.parametrize(
    ("make", "doubt"),
    [
        (suspended, Doubt.SUSPENDED), (ungraded, Doubt.UNGRADED), (lapsed, Doubt.UNGRADED), (outside, Doubt.OUTSIDE),
        (closed, Doubt.CLOSED), (low_estimate, Doubt.ABOVE),
    ],
)  # fmt: skip
def test_a_winner_who_stands_out_needs_a_reason(database: Database, make: Any, doubt: Doubt) -> None:
    with database.command("city") as session:
        buyer = city.open_city(session)
        city.add_companies(session, iter([city.usual(), city.usual()]))
        tender = city.published(session, buyer, region="千葉県千葉市")
        with clock.freeze(tender.submissions_until):
            make(session, tender)
            session.expire_all()
            with pytest.raises(rules.WinnerDoubtful) as refused:
                tenders.decide(session, buyer, tender.id, tender.version, [LOW], winner=ONE)
            assert refused.value.details["doubts"] == [doubt]
            tenders.decide(session, buyer, tender.id, tender.version, [LOW], winner=ONE, despite="架空の理由です。")
        assert (tender.state, tender.reason) == ("awarded", "架空の理由です。")
        assert bodies(session)[-1]["awards"][0]["description"] == "架空の理由です。"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_nothing_is_said_of_a_winner_who_fits(database: Database) -> None:
    with database.command("city") as session:
        _buyer, tender = decided(session)
        assert (tender.state, tender.reason) == ("awarded", "")
        assert "description" not in bodies(session)[-1]["awards"][0]


def test_what_stands_out_is_shown_before_it_is_confirmed(
    app: Flask, database: Database, town: None, staff_client: StaffClient
) -> None:
    kaoru = staff_client(Role.BUYER)
    page = write(kaoru)
    press(kaoru, page, "publish")
    deadline_passes(database)
    form = kaoru.get(f"{page.path}/result")
    assert not list(form.find("textarea", name="despite"))
    typed = {"bids": f"{SHOTEN} 3,000,001", "winner": SHOTEN}
    refused = kaoru.submit(form, f"{page.path}/result", **typed)
    assert refused.status == 422
    assert list(refused.find("textarea", name="despite"))
    assert the_tender(database).state == "active"
    kaoru.submit(refused, f"{page.path}/result", **typed, despite="予算を補正しました。")
    assert the_tender(database).state == "awarded"
    for reader in (kaoru.get(page.path), Visitor(app).get(f"/business/tenders/{the_tender(database).number}")):
        assert "予算を補正しました。" in reader.text


def test_a_suspension_after_the_opening_is_seen_at_the_result(
    database: Database,
    locked: Any,
    staff_client: StaffClient,
) -> None:
    with clock.freeze(opened(database, locked) + timedelta(days=1)):
        with database.command("suspend") as session:
            tender = session.get_one(Tender, locked[0])
            suspended(session, tender)
        kaoru = staff_client(Role.BUYER)
        page = kaoru.get(f"/staff/tenders/{locked[0]}/opening")
        refused = kaoru.submit(page, f"{page.path}/result")
        assert refused.status == 422
        assert kaoru.submit(refused, f"{page.path}/result", despite=" ").status == 422, "blanks are no reason"
        kaoru.submit(refused, f"{page.path}/result", despite="停止の前に開札しました。")
    assert the_tender(database).reason == "停止の前に開札しました。"


def decided(session: Session, *, winner: str = ONE) -> tuple[Actor, Tender]:
    buyer = city.open_city(session)
    city.add_companies(session, iter([city.usual(), city.usual()]))
    tender = city.published(session, buyer)
    with clock.freeze(tender.submissions_until):
        tenders.decide(session, buyer, tender.id, tender.version, [LOW, HIGH], winner=winner)
    return buyer, tender


def test_a_wrong_result_is_taken_back_by_two_and_decided_anew(database: Database) -> None:
    with database.command("city") as session:
        buyer, tender = decided(session)
        before = bodies(session)
        results.propose(session, buyer, tender.id, "入力の誤り")
        assert (tender.state, len(bodies(session))) == ("awarded", len(before)), "nothing follows yet"
        with pytest.raises(result_rules.WithdrawalNotYours):
            results.confirm(session, buyer, tender.id)
        with pytest.raises(result_rules.WithdrawalMoved):
            results.propose(session, city.chief(session), tender.id, "もう一度")
        results.confirm(session, city.chief(session), tender.id)
        assert session.scalar(select(func.count()).select_from(Award)) == 0, "it counts in no statistics"
        with clock.freeze(tender.submissions_until + timedelta(days=1)):
            with pytest.raises(rules.TenderMoved):
                tenders.publish(session, buyer, tender.id, tender.version)
            tenders.decide(session, buyer, tender.id, tender.version, [LOW, BidLine(TWO, 90)], winner=TWO)
        said = bodies(session)
        assert said[: len(before)] == before, "history stays"
        assert [body["tag"][0] for body in said] == ["tender", "award", "awardCancellation", "award"]
        assert [(one["id"][-2:], one["status"]) for one in said[2]["awards"]] == [("-1", "cancelled")]
        assert said[2]["awards"][0]["amendments"][0]["rationale"] == "入力の誤り"
        assert said[2]["tender"]["status"] == "active"
        assert [(one["id"][-2:], one["status"]) for one in said[3]["awards"]] == [("-1", "cancelled"), ("-2", "active")]
        named = {one["id"] for award in said[3]["awards"] for one in award["suppliers"]}
        assert named <= {party["id"] for party in said[3]["parties"]}
        assert session.scalars(select(Award.winner)).all() == [TWO]
        assert sorted(session.scalars(select(AwardBid.amount))) == [90, 100]  # type: ignore[type-var]
        heard = city.titles(session, city.company(session, 1).id)
        assert heard.count(tenders.DECIDED[0]) == 2
        assert results.WITHDRAWN[0] in heard
        assert results.reasons(session, tender.id) == ["入力の誤り"]


def test_a_winner_named_nowhere_any_more_stays_a_party_of_its_cancelled_award(database: Database) -> None:
    with database.command("city") as session:
        buyer, tender = decided(session)
        results.propose(session, buyer, tender.id, "番号の誤り")
        results.confirm(session, city.chief(session), tender.id)
        with clock.freeze(tender.submissions_until + timedelta(days=1)):
            tenders.decide(session, buyer, tender.id, tender.version, [HIGH], winner=TWO)
        parties = {party["id"]: party["roles"] for party in bodies(session)[-1]["parties"]}
        assert parties[f"JP-JCN-{ONE}"] == ["supplier"]


def test_a_tender_without_result_gets_one(database: Database) -> None:
    with database.command("city") as session:
        buyer, tender = decided(session, winner="")
        results.propose(session, buyer, tender.id, "落札者の入力漏れ")
        results.confirm(session, city.chief(session), tender.id)
        with clock.freeze(tender.submissions_until + timedelta(days=1)):
            tenders.decide(session, buyer, tender.id, tender.version, [LOW], winner=ONE)
        assert [body["tag"][0] for body in bodies(session)] == ["tender", "tenderUpdate", "tenderUpdate", "award"]
        assert [one["id"][-2:] for one in bodies(session)[-1]["awards"]] == ["-1"]


def test_what_was_dropped_leaves_the_result(database: Database) -> None:
    with database.command("city") as session:
        buyer, tender = decided(session)
        with pytest.raises(result_rules.WithdrawalMoved):
            results.confirm(session, city.chief(session), tender.id)
        results.propose(session, buyer, tender.id, "入力の誤り")
        results.drop(session, buyer, tender.id)
        with pytest.raises(result_rules.WithdrawalMoved):
            results.confirm(session, city.chief(session), tender.id)
        assert tender.state == "awarded"
        open_one = city.published(session, buyer)
        with pytest.raises(result_rules.NoResult):
            results.propose(session, buyer, open_one.id, "x")


def test_the_database_holds_the_two_people(database: Database) -> None:
    from sqlalchemy.exc import IntegrityError

    with database.command("city") as session:
        buyer, tender = decided(session)
        results.propose(session, buyer, tender.id, "入力の誤り")
    with pytest.raises(IntegrityError), database.command("attack") as session:
        session.execute(update(ResultWithdrawal).values(approved_by=buyer.id, approved_at=clock.now()))


def test_without_its_winner_the_next_lowest_quotation_wins(database: Database, locked: Any) -> None:
    tender_id, pairs, shoko, ring = locked
    (kaoru, _code), (tetsuo, _other) = pairs
    with database.command("second") as session:
        tender = session.get_one(Tender, tender_id)
        rival = next(one for one in session.scalars(select(Company)) if one.id != shoko.company
                     and sealed.may_file(session, tender, one.id))  # fmt: skip
        sealed.keep(session, ring, tender, rival.id, sealed.id_of(shoko), Said(1_300_000, 1, ""))
    with clock.freeze(opened(database, locked)), database.command("decide") as session:
        tender = session.get_one(Tender, tender_id)
        opening.decide(session, kaoru, tender_id, tender.version)
        results.propose(session, kaoru, tender_id, "落札者の辞退")
        results.confirm(session, tetsuo, tender_id)
        assert session.scalars(select(Quotation.fault).order_by(Quotation.amount)).all() == ["left-out", ""]
        opening.decide(session, kaoru, tender_id, tender.version)
        assert session.scalars(select(Award.winner)).all() == [rival.key]
        results.propose(session, tetsuo, tender_id, "落札者の辞退")
        results.confirm(session, kaoru, tender_id)
        opening.decide(session, kaoru, tender_id, tender.version)
        assert tender.state == "unsuccessful"
        with pytest.raises(result_rules.ResultFollows):
            results.propose(session, kaoru, tender_id, "x")


def test_taking_a_result_back_on_the_pages(
    app: Flask, database: Database, town: None, staff_client: StaffClient
) -> None:
    kaoru, tetsuo = staff_client(Role.BUYER), staff_client(Role.BUYING_CHIEF)
    page = write(kaoru)
    press(kaoru, page, "publish")
    deadline_passes(database)
    press(kaoru, page, "result", bids=f"{SHOTEN} 2,900,000", winner=SHOTEN)
    there = f"{page.path}/withdrawal"
    assert there in kaoru.get(page.path).links()
    assert kaoru.submit(kaoru.get(there), there, words="").status == 422
    kaoru.submit(kaoru.get(there), there, words="金額の誤り")
    assert kaoru.post(f"{there}/confirm", page=kaoru.get(there)).status == 403
    assert "金額の誤り" in tetsuo.get(page.path).text
    tetsuo.submit(tetsuo.get(there), f"{there}/confirm")
    public = f"/business/tenders/{the_tender(database).number}"
    assert "金額の誤り" in Visitor(app).get(public).text
    form = kaoru.get(f"{page.path}/result")
    assert "2900000" in form.text, "nobody types all bids again"
    kaoru.submit(form, f"{page.path}/result", bids=f"{SHOTEN} 2,800,000", winner=SHOTEN)
    assert "2,800,000" in Visitor(app).get(public).text
    releases = json.loads(Visitor(app).get("/open/ocds/releases.json").body)["releases"]
    assert [body["tag"][0] for body in releases] == ["tender", "award", "awardCancellation", "award"]


def test_lists_go_on_over_pages(app: Flask, database: Database, staff_client: StaffClient, town: None) -> None:
    with database.command("many") as session:
        from portal.demo import cast
        from portal.demo.tenders import _actor

        buyer = _actor(session, cast.BUYER)
        for place in range(tenders.PAGE + 3):
            city.published(session, buyer, title=f"架空の件{place}", grades=["A"])
    seen: set[str] = set()
    for page in (1, 2):
        links = Visitor(app).get(f"/business/tenders?page={page}").links()
        seen |= {link for link in links if link.count("/") == 3 and "?" not in link and link.startswith("/business/t")}
        assert f"/staff/tenders?page={3 - page}" in staff_client(Role.BUYER).get(f"/staff/tenders?page={page}").links()
    assert len(seen) == tenders.PAGE + 3
    assert Visitor(app).get("/business/tenders?page=3").status == 200
    found = Visitor(app).get("/business/tenders?q=架空&page=2")
    assert "/business/tenders?q=%E6%9E%B6%E7%A9%BA&category=&page=1" in found.links()


def test_all_who_were_told_come_as_a_file(database: Database, town: None, staff_client: StaffClient) -> None:
    kaoru = staff_client(Role.BUYER)
    page = press(kaoru, write(kaoru), "publish")
    rows = list(csv.reader(io.StringIO(kaoru.get(f"{page.path}/told.csv").body.decode("utf-8-sig"))))
    tender_id = the_tender(database).id
    with database.command("look") as session:
        told = session.scalar(select(func.count()).select_from(BusinessDelivery)) or 0
        assert telling.receipts(session, tender_id)["told"] == told
    assert len(rows) == told + 1
    assert SHOTEN in {row[1] for row in rows}
    assert kaoru.get(f"/staff/tenders/{new_id()}/told.csv").status == 404


def test_bids_of_imported_years_are_a_reason(database: Database) -> None:
    with database.command("city") as session:
        buyer = city.open_city(session)
        city.add_companies(session, iter([city.usual(), city.usual(), city.usual()]))
        for place in range(2):
            row = {
                "id": new_id(), "agency_code": "suido", "reference": f"R{place}", "tender_id": None, "title": "架空",
                "category": "goods" if place == 0 else "works", "method": "open", "item": "", "unit": "",
                "quantity": None, "amount": 1, "estimate": None, "announced_on": None, "closed_on": None,
                "awarded_on": clock.today(), "year": 2026, "notice_days": None, "lead_days": None, "bidders": 2,
                "winner": ONE, "winner_name": "架空1",
            }  # fmt: skip
            session.execute(insert(Award), [row])
            session.execute(
                insert(AwardBid),
                [{"award_id": row["id"], "number": number, "amount": 1, "won": number == ONE} for number in (ONE, TWO)],
            )
        city.published(session, buyer)
        reasons = {
            serial: session.scalars(
                select(BusinessDelivery.reason).where(BusinessDelivery.company_id == city.company(session, serial).id)
            ).one()
            for serial in (1, 2, 3)
        }
    usual = "grade=A;anywhere=1;"
    assert reasons == {1: f"{usual}won=1", 2: f"{usual}bid=1", 3: usual}
