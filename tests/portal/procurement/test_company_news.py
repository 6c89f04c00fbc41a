"""Bodies hear of companies they have to do with; no suspension is lost by a merger; grades pass on by a body's word."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_events
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.companies import opening, successions
from portal.companies import service as companies
from portal.companies.models import BusinessNotice, Company
from portal.core import clock
from portal.core.outbox import Promise
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo.business_people import COMPANY, corporate_number
from portal.procurement import agencies, body_news, heirs, matching, suspending
from portal.procurement.company_news import desk
from portal.procurement.company_news import rules as news_rules
from portal.procurement.company_news.models import CompanyNews
from portal.procurement.company_news.rules import Kind, Outcome
from portal.procurement.models import Qualification, Suspension, TenderInterest
from portal.procurement.sealed import opening as sealed_opening
from portal.procurement.sealed.models import Quotation
from portal.procurement.searches.models import TenderSearch
from tests.conftest import StaffClient
from tests.portal.companies.files import line, written
from tests.portal.companies.people import BusinessClient
from tests.portal.companies.test_following import prime
from tests.portal.companies.test_register import take
from tests.portal.procurement import city
from tests.portal.procurement.city import buyer, chief

ONE, THREE = corporate_number(1), corporate_number(3)
NEW_HEIR = corporate_number(75)


def merged(number: str, into: str, day: str = "2099-01-01") -> dict[str, Any]:
    facts = {"process": "71", "closed_on": "2026-11-18", "close_cause": "11", "successor": into, "updated": day}
    return line(1, "株式会社架空商店", number=number, **facts)


def goes_on(number: str, day: str) -> dict[str, Any]:
    return line(1, "株式会社架空商店", number=number, process="72", updated=day)


def id_of(session: Session, number: str) -> Any:
    return session.scalars(select(Company.id).where(Company.key == number)).one()


def out(session: Session) -> set[str]:
    """The numbers this body keeps from its tenders today."""
    ids = matching.suspended(buyer_agency(session), clock.today())
    return set(session.scalars(select(Company.key).where(Company.id.in_(ids))))


def buyer_agency(session: Session) -> str:
    return agencies.agency_of(session, buyer(session)).code


def test_a_suspended_company_is_not_free_by_merging(database: Database, suspended: None) -> None:
    take(database, written([merged(ONE, THREE)]))
    with database.command("look") as session:
        assert out(session) == {ONE, THREE}
        [copy] = session.scalars(select(Suspension).where(Suspension.follows_id.is_not(None))).all()
        first = session.get_one(Suspension, copy.follows_id)
        assert (copy.ground, copy.ends_on, copy.state) == (first.ground, first.ends_on, first.state)
        titles = session.scalars(select(BusinessNotice.title)).all()
        assert titles.count(heirs.FOLLOWS[0]) == 1
    take(database, written([merged(ONE, THREE)]))
    take(database, written([merged(THREE, NEW_HEIR)]))
    with database.command("look") as session:
        assert out(session) == {ONE, THREE}, "nobody knows the new one yet"
    take(database, written([line(75, "株式会社架空新設")]))
    with database.command("look") as session:
        assert out(session) == {ONE, THREE, NEW_HEIR}
        assert len(session.scalars(select(Suspension)).all()) == 3, "one for each company of the chain"


def test_a_merger_taken_back_takes_the_suspension_back(database: Database, suspended: None) -> None:
    take(database, written([merged(ONE, THREE, "2099-01-01")]))
    take(database, written([goes_on(ONE, "2099-01-02")]))
    with database.command("look") as session:
        assert out(session) == {ONE}
        assert heirs.UNDONE[0] in session.scalars(select(BusinessNotice.title)).all()
    take(database, written([merged(ONE, THREE, "2099-01-03")]))
    with database.command("look") as session:
        assert out(session) == {ONE, THREE}
        copy = session.scalars(select(Suspension).where(Suspension.follows_id.is_not(None))).one()
        suspending.propose_lift(session, buyer(session), copy.id, "架空の理由")
        suspending.lift(session, chief(session), copy.id)
    take(database, written([goes_on(ONE, "2099-01-04")]))
    take(database, written([merged(ONE, THREE, "2099-01-05")]))
    with database.command("look") as session:
        assert out(session) == {ONE}, "what two people lifted stays lifted"


def test_a_suspension_put_in_force_after_the_merger_follows_too(database: Database, town: None) -> None:
    with database.command("propose") as session:
        today = clock.today()
        one = suspending.propose_suspension(
            session, buyer(session), number=ONE, ground="架空", begins_on=today, ends_on=today + timedelta(days=9)
        )
    take(database, written([merged(ONE, THREE)]))
    with database.command("decide") as session:
        assert out(session) == set()
        suspending.put_in_force(session, chief(session), one)
        assert out(session) == {ONE, THREE}


def test_the_body_decides_on_grades_of_a_merged_company(
    database: Database, town: None, staff_client: StaffClient
) -> None:
    heir = NEW_HEIR
    take(database, written([line(75, "株式会社架空新設"), merged(COMPANY.corporate_number, heir)]))
    with database.command("look") as session:
        mine = Qualification.company_id == id_of(session, COMPANY.corporate_number)
        had = {(one.agency_code, one.category): one.grade for one in session.scalars(select(Qualification).where(mine))}
        body = buyer_agency(session)
        assert (
            session.scalars(select(Qualification).where(Qualification.company_id == id_of(session, heir))).all() == []
        )
    kaoru = staff_client(Role.BUYER)
    page = kaoru.get("/staff/companies/news")
    assert f"/business/corporations/{heir}" in page.links()
    action = next(form.get("action") for form in page.find("form") if "pass-grades" in (form.get("action") or ""))
    assert kaoru.submit(page, action).status == 200
    with database.command("look") as session:
        theirs = Qualification.company_id == id_of(session, heir)
        has = {
            (one.agency_code, one.category): one.grade for one in session.scalars(select(Qualification).where(theirs))
        }
        assert has == {key: grade for key, grade in had.items() if key[0] == body}
        assert has
    assert kaoru.post(action, {}, page=page).status == 409, "settled once"
    assert "pass-grades" not in kaoru.get("/staff/companies/news").text
    assert kaoru.get("/staff/companies/news?settled=yes").status == 200
    assert staff_client(Role.SENDER).get("/staff/companies/news").status == 404


def test_another_bodys_news_is_not_settled_here(database: Database, town: None) -> None:
    take(database, written([merged(ONE, THREE)]))
    with database.command("settle") as session:
        news = session.scalars(select(CompanyNews)).all()
        body = buyer_agency(session)
        others = [one for one in news if one.agency_code != body]
        for one in others:
            with pytest.raises(news_rules.NewsMoved):
                desk.note(session, buyer(session), one.id)
        mine = [one for one in news if one.agency_code == body]
        assert len(mine) == 1
        desk.note(session, buyer(session), mine[0].id)
        with pytest.raises(news_rules.NewsMoved):
            desk.pass_grades(session, buyer(session), mine[0].id)
        assert mine[0].outcome == Outcome.NOTED


def test_bodies_that_used_an_old_name_are_told_of_the_new_one(
    database: Database, still: None, town: None, staff_client: StaffClient
) -> None:
    moved = line(1, "株式会社架空新名", number=ONE, street="架空町９丁目", updated="2099-01-01")
    take(database, written([moved]))
    again = line(1, "株式会社架空新名", number=ONE, street="架空町１０丁目", updated="2099-01-02")
    take(database, written([again]))
    with database.command("look") as session:
        body = buyer_agency(session)
        kinds = session.scalars(select(CompanyNews.kind).where(CompanyNews.agency_code == body)).all()
        assert kinds == [Kind.MOVED, Kind.MOVED]
        mails = [one.payload for one in session.scalars(select(Promise)) if one.kind == body_news.TELL]
        assert [one["agency"] for one in mails if one["matter"] == body_news.MOVED].count(body) == 1, "one mail a day"
    page = staff_client(Role.BUYER).get("/staff/companies/news")
    assert "株式会社架空新名" in page.text
    assert "架空町１０丁目" in page.text
    assert "2" in staff_client(Role.BUYER).get("/staff/companies").text


def test_who_has_nothing_to_do_with_a_company_hears_nothing(database: Database, town: None) -> None:
    unknown = corporate_number(88)
    take(database, written([line(88, "株式会社架空無縁")]))
    with database.command("open") as session:
        opening.of_register(session, unknown)
    take(database, written([line(88, "株式会社架空無縁改", updated="2099-01-01")]))
    with database.command("look") as session:
        assert session.scalars(select(CompanyNews)).all() == []


def words(session: Session, number: str = ONE) -> list[tuple[str, str]]:
    """What this body heard of how a company stands, and what became of it, the oldest first."""
    mine = CompanyNews.company_id == id_of(session, number), CompanyNews.agency_code == buyer_agency(session)
    heard = select(CompanyNews.kind, CompanyNews.outcome).where(*mine)
    return [(row[0], row[1]) for row in session.execute(heard.order_by(CompanyNews.told_at, CompanyNews.key))]


def test_a_merger_stays_on_the_desk_when_its_heir_becomes_known(database: Database, town: None) -> None:
    take(database, written([merged(ONE, NEW_HEIR)]))
    take(database, written([line(75, "株式会社架空新設")]))
    with database.command("look") as session:
        assert words(session) == [(Kind.MERGED, Outcome.WAITS)], "nobody has settled it"


def test_a_merger_that_was_settled_is_not_told_again_when_its_heir_becomes_known(
    database: Database, town: None
) -> None:
    take(database, written([merged(ONE, NEW_HEIR)]))
    with database.command("settle") as session:
        mine = CompanyNews.agency_code == buyer_agency(session)
        desk.note(session, buyer(session), session.scalars(select(CompanyNews.id).where(mine)).one())
    take(database, written([line(75, "株式会社架空新設")]))
    with database.command("look") as session:
        assert words(session) == [(Kind.MERGED, Outcome.NOTED)]


def test_a_merger_taken_back_and_entered_again_is_told_again(database: Database, town: None) -> None:
    for row in (merged(ONE, THREE, "2099-01-01"), goes_on(ONE, "2099-01-02"), merged(ONE, THREE, "2099-01-03")):
        take(database, written([row]))
    with database.command("look") as session:
        over = Outcome.OVERTAKEN
        assert words(session) == [(Kind.MERGED, over), (Kind.UNDONE, over), (Kind.MERGED, Outcome.WAITS)]


def test_a_merger_corrected_into_a_closure_is_told_as_one(database: Database, town: None) -> None:
    take(database, written([merged(ONE, THREE, "2099-01-01")]))
    closed = {"process": "21", "closed_on": "2026-11-18", "close_cause": "01", "updated": "2099-01-02"}
    take(database, written([line(1, "株式会社架空商店", number=ONE, **closed)]))
    with database.command("look") as session:
        assert words(session) == [(Kind.MERGED, Outcome.OVERTAKEN), (Kind.CLOSED, Outcome.WAITS)]


def test_a_long_list_of_news_takes_no_more_statements(database: Database, town: None) -> None:
    def asked(session: Session) -> int:
        seen: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        engine = session.get_bind()
        sqlalchemy_events.listen(engine, "before_cursor_execute", count)
        try:
            desk.listed(session, buyer(session), settled=False)
        finally:
            sqlalchemy_events.remove(engine, "before_cursor_execute", count)
        return len(seen)

    take(database, written([merged(ONE, THREE)]))
    with database.command("look") as session:
        few = asked(session)
    for day in ("2099-01-01", "2099-01-02", "2099-01-03"):
        street = {"street": f"架空町{day[-1]}丁目"}
        take(database, written([line(3, "株式会社架空第三", number=THREE, updated=day, **street)]))
    take(database, written([line(75, "株式会社架空新設"), merged(COMPANY.corporate_number, NEW_HEIR)]))
    with database.command("look") as session:
        lines, _pages = desk.listed(session, buyer(session), settled=False)
        assert len(lines) > 1
        assert asked(session) <= few + 1, "the changes of names are one statement more"


def test_searches_and_interest_go_with_the_mailbox(
    database: Database, town: None, business_client: BusinessClient
) -> None:
    shoko = business_client("shoko")
    page = shoko.get("/business/searches?q=机&category=goods")
    shoko.submit(page, "/business/searches", name="毎日", rhythm="daily", words="机", category="goods")
    with database.command("publish") as session:
        tender = city.published(session, buyer(session))
    page = shoko.get(f"/business/tenders/{tender.number}")
    action = next(form.get("action") for form in page.find("form") if "interest" in (form.get("action") or ""))
    shoko.submit(page, action)
    old = COMPANY.corporate_number
    take(database, written([line(75, "株式会社架空新設"), merged(old, NEW_HEIR)]))
    with database.command("take over") as session:
        actor = prime(session, NEW_HEIR)
        successions.take_over(session, companies.standing(session, actor), actor, id_of(session, old))
        heir = id_of(session, NEW_HEIR)
        assert heir in set(session.scalars(select(TenderSearch.company_id)))
        assert session.get(TenderInterest, (tender.id, heir)) is not None


def test_a_sealed_quotation_of_a_merged_company_does_not_count(
    database: Database,
    locked: Any,
    staff_client: StaffClient,
) -> None:
    tender_id, pairs, shoko, ring = locked
    take(database, written([line(75, "株式会社架空新設"), merged(COMPANY.corporate_number, NEW_HEIR)]))
    with database.command("look") as session:
        [told] = session.scalars(select(BusinessNotice).where(BusinessNotice.title == heirs.QUOTATION[0])).all()
        tender = session.get_one(sealed_opening.Tender, tender_id)
        until = tender.submissions_until
        assert told.link == f"/business/tenders/{tender.number}"
    with clock.freeze(until), database.command("open") as session:
        for officer, code in pairs:
            sealed_opening.give_code(session, ring, officer, tender_id, code)
        filed = session.get_one(Quotation, (tender_id, shoko.company))
        assert filed.fault == sealed_opening.ENDED
        assert sealed_opening.stand(session, session.get_one(sealed_opening.Tender, tender_id)).winner is None
