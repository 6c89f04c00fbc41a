"""Who hears what becomes of a tender: all who were told of it, take part or asked, and who fits only now."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.companies.models import BusinessDelivery, BusinessPerson
from portal.core import clock
from portal.core.ids import new_id
from portal.core.outbox import Promise
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.tenders import _actor
from portal.procurement import body_news, matching, rules, tenders
from portal.procurement.models import TenderInterest
from tests.portal.basics.people import shoko as _shoko
from tests.portal.procurement import city


def test_whoever_takes_part_hears_what_becomes_of_a_tender(database: Database) -> None:
    """Also who was not told of it: by interest, by a question, by a grade given later."""
    today = clock.today()
    low = city.usual() | {"grades": {"goods": ("C", today, today + timedelta(days=90))}}
    with database.command("city") as session:
        buyer = city.open_city(session)
        city.add_companies(session, iter([city.usual(), low, low]))
        tender = city.published(session, buyer, grades=["A"])
        person = BusinessPerson(
            id=new_id(), issuer="x", subject="y", name="架空", account_type="prime", seen_at=clock.now()
        )
        session.add(person)
        session.flush()
        interested = city.company(session, 2).id
        session.add(TenderInterest(tender_id=tender.id, company_id=interested, person_id=person.id, at=clock.now()))
        session.flush()
        facts = tenders.facts_of(tender) | {"site_visit": "玄関に集合"}
        tenders.change(session, buyer, tender.id, tender.version, facts, "説明会")
        tenders.cancel(session, buyer, tender.id, tender.version, "中止")
        assert city.titles(session, interested) == ["Tender changed: %(title)s", "Tender cancelled: %(title)s"]
        assert len(city.titles(session, city.company(session, 1).id)) == 3
        assert city.titles(session, city.company(session, 3).id) == []


def test_a_widened_tender_is_told_to_whoever_fits_only_now(database: Database) -> None:
    today = clock.today()
    low = city.usual() | {"grades": {"goods": ("C", today, today + timedelta(days=90))}}
    with database.command("city") as session:
        buyer = city.open_city(session)
        city.add_companies(session, iter([city.usual(), low]))
        tender = city.published(session, buyer, grades=["A"])
        for grades in (["A", "B", "C"], ["A", "B", "C", "D"]):
            facts = tenders.facts_of(tender) | {"grades": grades}
            tenders.change(session, buyer, tender.id, tender.version, facts, "等級を広げる")
        new = city.company(session, 2).id
        assert city.titles(session, new) == [matching.NEW_TENDER[0], "Tender changed: %(title)s"]
        reasons = session.scalars(select(BusinessDelivery.reason).where(BusinessDelivery.company_id == new)).all()
        assert set(reasons) == {"grade=C;anywhere=1;"}
        assert city.titles(session, city.company(session, 1).id).count(matching.NEW_TENDER[0]) == 1


def test_who_asked_hears_the_answer_and_the_section_of_the_question(database: Database, town: None) -> None:
    with database.command("ask") as session:
        kaoru, shoko = _actor(session, cast.BUYER), _shoko(session)
        tender = city.published(session, kaoru, grades=["D"])
        tenders.ask(session, shoko, tender, "色は選べますか。")
        assert session.scalar(select(func.count()).where(Promise.kind == body_news.TELL)) == 1
        [question] = tenders.questions_of(session, tender.id, answered=False)
        tenders.answer(session, kaoru, tender.id, question.id, "選べません。")
        assert tenders.ANSWERED[0] in city.titles(session, shoko.company)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_company_asks_with_measure(database: Database, town: None) -> None:
    with database.command("ask") as session:
        kaoru, shoko = _actor(session, cast.BUYER), _shoko(session)
        tender = city.published(session, kaoru)
        asked = 0
        while asked < rules.MOST_ASKED:
            for _ in range(rules.MOST_WAITING):
                tenders.ask(session, shoko, tender, "質問です。")
                asked += 1
            with pytest.raises(rules.TooManyQuestions):
                tenders.ask(session, shoko, tender, "もう一つ。")
            for one in tenders.questions_of(session, tender.id, answered=False):
                tenders.answer(session, kaoru, tender.id, one.id, "回答です。")
        with pytest.raises(rules.TooManyQuestions):
            tenders.ask(session, shoko, tender, "もう一つ。")
