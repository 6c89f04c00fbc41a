"""Who is told of a tender: all whom its conditions fit and nobody else, against the slow way, company by company."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from portal.companies.models import BusinessDelivery, Company
from portal.core import clock
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.demo.tenders import CITY
from portal.procurement import tenders
from portal.procurement.models import Suspension, TenderMute
from portal.procurement.rules import GRADES, Category
from tests.house.test_hostile_input import SEED
from tests.portal.procurement import city

REGIONS = ("千葉県千葉市中央区", "千葉県千葉市緑区", "千葉県船橋市", "東京都千代田区", "")


def drawn(chance: random.Random, count: int) -> Iterator[dict[str, Any]]:
    today = clock.today()
    for _ in range(count):
        grades = {
            str(category): (
                chance.choice(GRADES),
                today + timedelta(days=chance.choice((-400, -1, 0, 1))),
                today + timedelta(days=chance.choice((-1, 0, 1, 400))),
            )
            for category in Category
            if chance.random() < 0.7
        }
        closed = today if chance.random() < 0.1 else None
        yield {"region": chance.choice(REGIONS), "closed_on": closed, "grades": grades}


def fits(row: dict[str, Any], tender: dict[str, Any]) -> bool:
    grade, first, last = row["grades"].get(tender["category"], ("", clock.today(), clock.today()))
    return (
        grade in tender["grades"]
        and first <= clock.today() <= last
        and row["closed_on"] is None
        and row["region"].startswith(tender["region"])
    )


def test_nobody_outside_the_conditions_is_told(database: Database) -> None:
    print(f"TEST_SEED={SEED}")
    chance, today = random.Random(SEED), clock.today()
    with database.command("city") as session:
        buyer = city.open_city(session)
        rows = list(drawn(chance, 400))
        city.add_companies(session, iter(rows))
        companies = session.scalars(select(Company).order_by(Company.created_at)).all()
        by_key = {company.key: company for company in companies}
        keys = [city.corporate_number(serial) for serial in range(1, len(rows) + 1)]
        muted = {(key, str(category)) for key in keys for category in Category if chance.random() < 0.1}
        session.execute(
            insert(TenderMute),
            [{"company_id": by_key[key].id, "category": category} for key, category in sorted(muted)],
        )
        stopped: set[str] = set()
        for key in keys:
            if chance.random() < 0.3:
                stopped |= suspend(session, chance, by_key[key], today)
        for _ in range(12):
            wanted = {
                "category": str(chance.choice(list(Category))),
                "grades": sorted(chance.sample(GRADES, chance.randint(1, 4))),
                "region": chance.choice(("", "千葉県", "千葉県千葉市", "東京都")),
            }
            tender = city.published(session, buyer, **wanted)
            expected = {
                key
                for key, row in zip(keys, rows, strict=True)
                if fits(row, wanted) and key not in stopped and (key, wanted["category"]) not in muted
            }
            assert city.told(session, tender) == expected, wanted


def suspend(session: Any, chance: random.Random, company: Company, today: Any) -> set[str]:
    """A suspension of some kind; the company's key if it holds today for the city's tenders."""
    state = chance.choice(("proposed", "in-force", "lifted"))
    agency = chance.choice((CITY, "suido"))
    first, last = today + timedelta(days=chance.choice((-9, 0, 1))), today + timedelta(days=chance.choice((-1, 0, 9)))
    session.execute(
        insert(Suspension).values(
            id=new_id(), company_id=company.id, agency_code=agency, ground="架空", begins_on=first, ends_on=last,
            state=state,
            proposed_by=new_id(), approved_by=None, objection="", objected_at=None, answer="", answered_at=None,
        )
    )  # fmt: skip
    holds = state == "in-force" and agency == CITY and first <= today <= last
    return {company.key} if holds else set()


def test_the_reason_says_grade_region_and_what_was_won(database: Database) -> None:
    with database.command("city") as session:
        buyer = city.open_city(session)
        city.add_companies(session, iter([city.usual(), city.usual()]))
        first = city.published(session, buyer)
        with clock.freeze(first.submissions_until + timedelta(hours=1)):
            bids = [tenders.BidLine(city.corporate_number(1), 100)]
            tenders.decide(session, buyer, first.id, first.version, bids, winner=bids[0].number)
        second = city.published(session, buyer, region="千葉県千葉市")
        reasons = dict(
            session.execute(
                select(Company.key, BusinessDelivery.reason)
                .join(Company, Company.id == BusinessDelivery.company_id)
                .where(BusinessDelivery.notice_id.in_(notice_of(second)))
            ).all()
        )
        assert reasons == {
            city.corporate_number(1): "grade=A;region=千葉県千葉市;won=1",
            city.corporate_number(2): "grade=A;region=千葉県千葉市;",
        }


def notice_of(tender: Any) -> Any:
    from portal.companies.models import BusinessNotice

    return select(BusinessNotice.id).where(BusinessNotice.key == f"tender:{tender.id}")
