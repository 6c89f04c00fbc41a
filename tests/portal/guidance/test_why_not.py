"""Why somebody is not told: by the conditions the nightly run asks, of the reader and their children alone."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast, guidance
from portal.guidance import catalogue, why
from portal.guidance.models import Advice, Declaration, Switch
from portal.guidance.why import Because
from portal.residents.models import Resident
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient
from tests.portal.guidance.people import TODAY, noon, settle

ADDRESS = "/guidance/why-not"
SAKURA = cast.SAKURA.name.split()[-1]
ASKED = (
    "care-65",
    "school-entry",
    "pension-20",
    "school-support",
    "tax-instalments",
    "card-renewal",
    "child-allowance",
)


def reasons(page: Page, rule: str) -> str:
    (line,) = page.find("li", id=f"why-{rule}")
    return " ".join(line.itertext())


@pytest.fixture
def guided(database: Database, cast_residents: None) -> None:
    with database.command("demo") as session:
        guidance.load(session)


def test_a_resident_reads_of_every_programme_why_not(
    guided: None, database: Database, resident_client: ResidentClient, app: Flask
) -> None:
    assert Visitor(app).get(ADDRESS).path == "/sign-in"
    with database.command("switch") as session:
        session.add(Switch(rule="dog-rabies", off_at=clock.now(), by="", reason="文面の見直し"))
    taro = resident_client("taro")
    assert ADDRESS in taro.get("/guidance").links()
    page = taro.get(ADDRESS)
    assert {f"why-{name}" for name in catalogue.rules()} == {
        li.get("id") for li in page.find("li", class_="guidance-line")
    }
    assert "いまはその時期ではありません：65歳" in reasons(page, "care-65")
    assert "市はこの情報を持っていません" in reasons(page, "care-renewal")
    assert "あなたの同意が必要です" in reasons(page, "water-reduction")
    assert "お知らせを止めています" in reasons(page, "dog-rabies")
    assert "ひなた" not in page.text, "a child of others"
    for listed in page.find("ul"):
        lines = [" ".join(one.itertext()) for one in listed if one.tag == "li" and not one.get("id")]
        assert len(lines) == len(set(lines)), "two conditions on one fact are one reason"
    taro.submit(taro.get("/guidance/consents"), "/guidance/consents/tax/give")
    assert "あなたの同意が必要です" not in reasons(taro.get(ADDRESS), "water-reduction")


def test_parents_read_it_of_each_child_and_what_was_told_is_said_so(
    guided: None, database: Database, resident_client: ResidentClient
) -> None:
    with database.command("told") as session:
        mother = session.scalars(
            select(Resident).where(Resident.addressee_number == cast.HANAKO.addressee_number)
        ).one()
        told = set(
            session.scalars(select(Advice.rule).where(Advice.resident_id == mother.id, Advice.told_on.is_not(None)))
        )
    page = resident_client("hanako").get(ADDRESS)
    assert SAKURA in reasons(page, "school-entry")
    assert told
    assert all("にお知らせしました" in reasons(page, name) for name in told)


def test_it_is_answered_by_the_conditions_of_the_run(database: Database) -> None:
    chosen = [catalogue.find(name) for name in ASKED]
    with clock.freeze(noon(TODAY)), database.command("settle") as session:
        asked = [one for one in settle(session, chosen) if one.case.on in (None, TODAY)]
    wrong = []
    with clock.freeze(noon(TODAY)), database.command("look") as session:
        for one in asked:
            reader = one.home[1] if one.rule.tells == "guardians" else one.subject
            (found,) = [part for part in why.programme(session, reader, one.rule) if part.subject_id == one.subject]
            lines = {rule.name: lines for rule, lines in why.all_programmes(session, reader)}[one.rule.name]
            because = {reason.because for line in lines for reason in line.reasons}
            told_by_it = found.fits and because <= {Because.SOON, Because.OTHERS}
            if told_by_it is not one.case.told and Because.OTHERS not in because:
                wrong.append(str(one))
    assert wrong == []


def test_where_a_protected_person_lives_cannot_be_read_off_it(database: Database, cast_residents: None) -> None:
    with database.command("declared") as session:
        person = session.scalars(select(Resident).where(Resident.addressee_number == cast.TARO.addressee_number)).one()
        now = clock.now()
        said = {"kind": "disaster", "day": clock.today(), "note": "", "by": ""}
        session.add(Declaration(ward=person.ward, declared_at=now, **said))
    for protected, in_time in ((False, True), (True, None)):
        with database.command("look") as session:
            person = session.scalars(
                select(Resident).where(Resident.addressee_number == cast.TARO.addressee_number)
            ).one()
            person.protected = protected
            session.flush()
            (found,) = why.programme(session, person.id, catalogue.find("disaster-certificate"))
            assert found.in_time is in_time


@pytest.mark.parametrize(("day", "fits"), [(date(2027, 3, 1), True), (date(2027, 4, 1), False)])
def test_a_graduation_is_an_occasion_until_the_school_year_ends(database: Database, day: date, fits: bool) -> None:
    rule = catalogue.find("graduation-high-school")
    with clock.freeze(noon(TODAY)), database.command("settle") as session:
        first = settle(session, [rule])[0]
    with clock.freeze(noon(day)), database.command("look") as session:
        assert why.programme(session, first.subject, rule)[0].fits is fits
