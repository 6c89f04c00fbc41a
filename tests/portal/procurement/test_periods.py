"""Grades by period: the next one is loaded before it begins, and until then the current one counts."""

import io
import random
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.models import BusinessNotice, Company
from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.tenders import CITY, _actor
from portal.procurement import grading, matching
from portal.procurement.grades import files, objections, periods, service
from portal.procurement.grades import rules as grade_rules
from portal.procurement.grading import QualificationRow
from portal.procurement.letters import choosing
from portal.procurement.letters.rules import Chosen
from portal.procurement.models import Agency, Qualification
from tests.house.test_hostile_input import SEED
from tests.portal.basics.people import shoko
from tests.portal.procurement import city


def row(first: int, last: int, grade: str = "A") -> QualificationRow:
    """Days from today."""
    today = clock.today()
    return QualificationRow(city.corporate_number(1), "goods", grade, today + timedelta(first), today + timedelta(last))


def take(session: Session, *rows: QualificationRow) -> list[str]:
    return service.take(session, session.get_one(Agency, CITY), rows)


def said(session: Session) -> list[tuple[int, int, str]]:
    today = clock.today()
    found = session.scalars(select(Qualification).order_by(Qualification.valid_from))
    return [((one.valid_from - today).days, (one.valid_until - today).days, one.grade) for one in found]


@pytest.fixture
def graded(database: Database) -> None:
    """A company of grade A from nine days ago to nine days ahead."""
    with database.command("grade") as session:
        city.open_city(session)
        city.add_companies(session, iter([city.usual()]))


@pytest.mark.usefixtures("still")
def test_the_next_period_stands_beside_the_current_one(database: Database, graded: None) -> None:
    with database.command("renew") as session:
        assert take(session, row(10, 700, "B")) == ["new"]
        assert said(session) == [(-9, 90, "A"), (10, 700, "B")]
        assert _told(session) == {city.corporate_number(1)}
    for days, grade in ((0, "A"), (9, "A"), (10, "B"), (700, "B"), (701, None)):
        with clock.freeze(clock.now() + timedelta(days=days)), database.command("look") as session:
            lines = session.scalars(select(Qualification)).all()
            found = periods.counting(lines, clock.today())
            assert (found.grade if found else None) == grade


def _told(session: Session) -> set[str]:
    return city.told(session, city.published(session, _actor(session, cast.BUYER)))


@pytest.mark.usefixtures("still")
def test_what_a_body_says_again_of_a_period_replaces_it(database: Database, graded: None) -> None:
    with database.command("say") as session:
        take(session, row(10, 700, "B"))
        assert take(session, row(-9, 9, "C"), row(10, 700, "B")) == ["changed", "same"]
        assert said(session) == [(-9, 9, "C"), (10, 700, "B")]
        assert take(session, row(-20, 9, "D")) == ["new"], "the first day was wrong"
        assert said(session) == [(-20, 9, "D"), (10, 700, "B")]
        assert take(session, row(5, 300, "A"), row(5, 400, "A")) == ["overtaken", "new"]
        assert said(session) == [(-20, 9, "D"), (5, 400, "A")], "who begins earlier takes the place of the later one"


@pytest.mark.usefixtures("still")
def test_overlapping_periods_of_one_file_do_not_delete_each_other(database: Database, graded: None) -> None:
    with database.command("say") as session:
        assert take(session, row(-9, 30), row(10, 700, "B")) == ["changed", "new"]
        assert take(session, row(10, 700, "B"), row(-9, 30)) == ["same", "same"]
        assert said(session) == [(-9, 30, "A"), (10, 700, "B")]


def test_everybody_agrees_which_grade_counts(database: Database, graded: None) -> None:
    """Property: the rule, the condition in SQL, the matching of tenders and the choice of recipients name the same grade."""
    print(f"TEST_SEED={SEED}")
    chance, today = random.Random(SEED), clock.today()
    with database.command("many") as session:
        company = session.scalars(select(Company.id).where(Company.key == city.corporate_number(1))).one()
        tender = city.published(session, _actor(session, cast.BUYER), grades=["A", "B"])
        agency = session.get_one(Agency, CITY)
        for _ in range(60):
            rows = _some(chance, company, today)
            session.execute(delete(Qualification))
            session.execute(insert(Qualification), rows)
            session.expire_all()
            lines = session.scalars(select(Qualification)).all()
            counts = _plainly(lines, today)
            assert periods.counting(lines, today) == counts
            in_sql = session.scalars(select(Qualification).where(periods.counts_on(today))).all()
            assert list(in_sql) == ([counts] if counts else [])
            fits = counts is not None and counts.grade in tender.grades
            assert bool(session.execute(matching.entitled(tender, today)).all()) is fits
            chosen = Chosen(category="goods", grades=("A", "B"))
            assert bool(choosing.count(session, agency, chosen)) is fits


def _some(chance: random.Random, company: UUID, today: date) -> list[dict[str, object]]:
    firsts = chance.sample(range(-30, 31, 5), chance.randint(1, 5))
    return [
        {
            "company_id": company, "agency_code": CITY, "category": "goods", "grade": chance.choice("ABCD"),
            "valid_from": today + timedelta(first),
            "valid_until": today + timedelta(first + chance.choice((0, 5, 10, 30, 60))),
        }
        for first in firsts
    ]  # fmt: skip


def _plainly(lines: Sequence[Qualification], today: date) -> Qualification | None:
    """The same said in another way: go through the days in order, each new period ends the one before."""
    now = None
    for one in sorted(lines, key=lambda one: one.valid_from):
        if one.valid_from <= today:
            now = one
    return now if now and today <= now.valid_until else None


@pytest.mark.usefixtures("still")
def test_nobody_is_reminded_of_an_end_that_another_period_follows(database: Database, graded: None) -> None:
    with database.command("renew") as session:
        take(session, row(10, 700, "B"))
    with database.job("remind") as session:
        grading.remind_of_expiry(session, {})
    with database.command("look") as session:
        assert grading.EXPIRING[0] not in session.scalars(select(BusinessNotice.title)).all()
        session.execute(delete(Qualification).where(Qualification.valid_from > clock.today()))
    with database.job("remind") as session:
        grading.remind_of_expiry(session, {})
        session.flush()
        assert grading.EXPIRING[0] in session.scalars(select(BusinessNotice.title)).all()


@pytest.mark.usefixtures("still")
def test_a_company_objects_to_the_period_it_means(database: Database, town: None) -> None:
    with database.command("object") as session:
        actor, agency = shoko(session), session.get_one(Agency, CITY)
        company = companies.standing(session, actor)
        first = clock.today() + timedelta(days=600)
        service.take(session, agency, [QualificationRow(company.key, "goods", "D", first, first + timedelta(days=9))])
        objections.object_to(session, actor, CITY, "goods", "等級が違います。", begins=first)
        [(about, one)] = objections.of_company(session, company.company_id).items()
        assert about[2:4] == ("D", first)
        assert one.words == "等級が違います。"
        with pytest.raises(grade_rules.GradeMoved):
            objections.object_to(session, actor, CITY, "goods", "もう一度", begins=first)
        with pytest.raises(grade_rules.GradeMoved):
            objections.object_to(session, actor, CITY, "goods", "ない期間", begins=date.min)
        objections.object_to(session, actor, CITY, "goods", "いまの等級も違います。")


def test_the_first_line_of_a_file_is_read_or_listed(database: Database, graded: None) -> None:
    number, days = city.corporate_number(1), "2026-04-01,2027-03-31"
    bad, good = f"{number},物品,E,{days}", f"{number},工事,B,令和8年4月1日,2027-03-31"
    for text, taken, wrong in (
        (f"{bad}\n{good}\n", 1, [1]), (f"法人番号,区分,等級,開始,終了\n{bad}\n", 0, [2]), (f"{good}\n", 0, []),
        (f"{number},役務,C,1800-01-01,2027-03-31\n{number}\n", 0, [1, 2]),
    ):  # fmt: skip
        with database.command("file") as session:
            report = files.take_grades(session, session.get_one(Agency, CITY), io.BytesIO(text.encode()))
        assert (report.taken, report.bad) == (taken, wrong)
