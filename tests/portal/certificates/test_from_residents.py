"""The desk on the real register: rows of the demo cast, taken in as the city's import does."""

import subprocess
from collections import Counter
from dataclasses import fields
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.certificates import rules, service
from portal.config import Settings
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record
from portal.core.uow import Database
from portal.demo import cast
from portal.residents import service as residents
from tests.portal.certificates.city import SELF, WHOLE, at_kiosk, coins, place, proof

EVERYTHING = {"scope": "household", "relation": "yes", "domicile": "yes"}


def move_in(session: Session) -> dict[str, UUID]:
    """The cast enters the register; returns ids by addressee number."""
    known = {field.name for field in fields(cast.Resident)} & set(residents.RegisterRow._fields)
    rows = [residents.RegisterRow(**{name: getattr(person, name) for name in known}) for person in cast.RESIDENTS]
    residents.take(session, rows)
    people = [residents.find_by_number(session, person.addressee_number) for person in cast.RESIDENTS]
    return {person.addressee_number: person.id for person in people if person}


@pytest.fixture
def ids(database: Database) -> dict[str, UUID]:
    with database.command("take the cast in") as session:
        return move_in(session)


def person_where(**facts: object) -> cast.Resident:
    return next(
        person for person in cast.RESIDENTS if all(getattr(person, key) == value for key, value in facts.items())
    )


def print_for(
    database: Database, desk: service.Desk, resident_id: UUID, options: dict[str, str], times: int = 1
) -> str:
    caller = at_kiosk(resident_id)
    actor = Actor(Kind.CLIENT, caller.device_id, "kiosk")
    with database.page(actor, Purpose.CERTIFICATE, writes=True) as session:
        placed = place(session, desk, caller, options)
    with database.page(actor, Purpose.CERTIFICATE, writes=True) as session:
        service.pay(session, desk, placed.order_id, proof(caller, placed), coins())
    for _ in range(times):
        with database.page(actor, Purpose.CERTIFICATE, writes=False) as session:
            pdf = service.render(session, desk, placed.order_id, proof(caller, placed)).pdf
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def test_a_household_of_the_cast_is_on_the_paper(database: Database, settings: Settings, ids: dict[str, UUID]):
    hero = person_where(name="架空 花子")
    text = print_for(database, service.open_desk(settings), ids[hero.addressee_number], EVERYTHING)
    family = [
        person
        for person in cast.RESIDENTS
        if person.household_number == hero.household_number and person.moved_out is None
    ]
    for person in family:
        assert text.count(person.name) >= 1
        assert person.kana in text
    assert hero.domicile in text
    assert text.count("フリガナ") == len(family)


def test_a_foreign_resident_has_nationality_and_alias(database: Database, settings: Settings, ids: dict[str, UUID]):
    maria = next(person for person in cast.RESIDENTS if person.nationality != "日本" and person.alias)
    text = print_for(database, service.open_desk(settings), ids[maria.addressee_number], EVERYTHING)
    status = (maria.residence_category, maria.residence_status, maria.residence_period, maria.residence_card)
    for words in (maria.name, maria.alias, maria.nationality, "西暦", *status, "令和10年9月14日", "令和5年9月20日"):
        assert words in text


@pytest.mark.parametrize(("wanted", "refusal"), [("protected", rules.OnlyAtWindow), ("moved_out", rules.MovedOut)])
def test_register_facts_that_close_the_machine(
    database: Database, settings: Settings, ids: dict[str, UUID], wanted: str, refusal: type
):
    hero = person_where(name="架空 花子")
    changed = {"protected": {"protected": True}, "moved_out": {"moved_out": hero.moved_in}}[wanted]
    known = {field.name for field in fields(cast.Resident)} & set(residents.RegisterRow._fields)
    row = residents.RegisterRow(**{name: getattr(hero, name) for name in known})._replace(**changed)
    with database.command("register changes") as session:
        residents.take(session, [row])
    with database.page(Actor(Kind.SYSTEM, label="test"), Purpose.CERTIFICATE, writes=False) as session:
        offer, *_ = service.kinds_for(session, service.open_desk(settings), at_kiosk(ids[hero.addressee_number]))
    assert isinstance(offer.why_not, refusal)


def looks(database: Database) -> Counter[tuple[UUID | None, str]]:
    """(whose, what) → how often a kiosk opened it."""
    with database.page(Actor(Kind.SYSTEM, label="test"), Purpose.OPERATION, writes=False) as session:
        found = session.scalars(select(Record).where(Record.action == "look", Record.actor_kind == "client"))
        return Counter((row.subject, row.what) for row in found)


@pytest.mark.parametrize(
    ("options", "everybody"),
    [(SELF, False), (SELF | {"relation": "yes"}, False), (WHOLE, True), (EVERYTHING, True)],
    ids=["self", "self with the head's name", "household", "household with everything"],
)
def test_only_who_is_printed_was_opened_and_once(
    database: Database, settings: Settings, ids: dict[str, UUID], options: dict[str, str], everybody: bool
):
    """Offer, order, payment, print and print again are one look a person, and none at whoever is not on the paper."""
    hero = person_where(name="架空 花子")
    desk, hanako = service.open_desk(settings), ids[hero.addressee_number]
    with database.page(Actor(Kind.CLIENT, at_kiosk(hanako).device_id), Purpose.CERTIFICATE, writes=False) as session:
        service.kinds_for(session, desk, at_kiosk(hanako))
    assert not looks(database), "whether somebody may have a copy opens nobody's data"
    print_for(database, desk, hanako, options, times=2)
    housemates = [one for one in cast.RESIDENTS if one.household_number == hero.household_number and not one.moved_out]
    printed = {ids[one.addressee_number] for one in housemates if everybody} | {hanako}
    if options["relation"] == "yes":
        printed |= {ids[one.addressee_number] for one in housemates if one.relation == "世帯主"}
    assert len(housemates) > len(printed) or everybody
    assert looks(database) == Counter({(whose, "certificates.resident-record"): 1 for whose in printed})


def test_a_second_order_is_a_second_look(database: Database, settings: Settings, ids: dict[str, UUID]):
    hanako = ids[person_where(name="架空 花子").addressee_number]
    for _ in range(2):
        print_for(database, service.open_desk(settings), hanako, SELF)
    assert looks(database) == Counter({(hanako, "certificates.resident-record"): 2})


def test_a_copy_of_oneself_shows_nobody_else(database: Database, settings: Settings, ids: dict[str, UUID]):
    hero = person_where(name="架空 花子")
    text = print_for(database, service.open_desk(settings), ids[hero.addressee_number], SELF)
    others = {person.name for person in cast.RESIDENTS if person.household_number == hero.household_number} - {
        hero.name
    }
    assert others
    assert not [name for name in others if name in text]
    assert print_for(database, service.open_desk(settings), ids[hero.addressee_number], WHOLE)


def test_who_moved_inside_the_city_has_two_days(database: Database, settings: Settings, ids: dict[str, UUID]):
    """住民となった日 is of the city, 住所を定めた日 of the address."""
    ichiro = person_where(persona="ichiro")
    with database.command("moves inside the city") as session:
        person = session.get(residents.Person, ids[ichiro.addressee_number])
        assert person
        person.address_since, person.former_name = date(2012, 3, 4), "見本 一郎"
    text = print_for(database, service.open_desk(settings), ids[ichiro.addressee_number], EVERYTHING)
    for words in ("昭和54年10月1日", "平成24年3月4日", "見本 一郎"):
        assert words in text
