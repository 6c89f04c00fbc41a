"""What a person types into the forms, page by page, and who they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import service
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.load import load_city
from portal.residents import service as residents

CENTRE = "集中処理センター 集中処理センター"
CLERK = Actor(Kind.STAFF, new_id(), CENTRE, office="shori", permissions=frozenset({Permission.APPLICATION_REVIEW}))
COLLEAGUE = Actor(Kind.STAFF, new_id(), CENTRE, office="shori", permissions=frozenset({Permission.APPLICATION_REVIEW}))
WINDOW = Actor(Kind.STAFF, new_id(), "中央区役所 市民総合窓口課", office="中央区役所")


def load_people(database: Database) -> None:
    with database.command("demo", Purpose.REGISTER) as session:
        load_city(session, residents=0)


def person(database: Database, someone: cast.Resident = cast.HANAKO) -> Actor:
    with database.page(CLERK, Purpose.REVIEW, writes=False) as session:
        found = residents.find_by_number(session, someone.addressee_number)
        assert found is not None
        return Actor(Kind.RESIDENT, found.id, assurance=1, display_name=someone.name)


@contextmanager
def as_(database: Database, actor: Actor) -> Iterator[Session]:
    """One writing request of *actor*."""
    purpose = Purpose.OWN_USE if actor.kind is Kind.RESIDENT else Purpose.REVIEW
    with database.page(actor, purpose, writes=True) as session:
        yield session


def one(text: str) -> list[str]:
    return [text]


def day_typed(name: str, day: date, era: str = "ce") -> dict[str, list[str]]:
    return {
        f"{name}-era": one(era),
        f"{name}-year": one(str(day.year)),
        f"{name}-month": one(str(day.month)),
        f"{name}-day": one(str(day.day)),
    }


def moving(today: date, movers: list[str]) -> dict[str, dict[str, list[str]]]:
    """A move of the whole household, as typed, by page."""
    return {
        "move": {**day_typed("moved_on", today - timedelta(days=3)), "whole_household": one("all")},
        "addresses": {
            "new_address-postal": one("２６０－００２６"),
            "new_address-town": one("千葉県千葉市中央区千葉港"),
            "new_address-street": one("９９ー１"),
            "new_address-building": one(""),
            "old_address-postal": one("2600013"),
            "old_address-town": one("千葉県千葉市中央区中央"),
            "old_address-street": one("3丁目99番1号"),
            "old_address-building": one("架空マンション101"),
        },
        "people": {"movers": movers, "others": one("")},
        "household": {"old_head": one("架空 太郎"), "joins": one("no")},
        "new_household": {"new_head": one("架空 太郎"), "relation": one("spouse")},
        "also": {
            "has_health_insurance": one("no"),
            "has_school_children": one("no"),
            "has_child_allowance": one("yes"),
            "has_care_insurance": one("no"),
        },
        "reporter": {
            "who_reports": one("self"),
            "reporter_name": one("架空　花子"),
            "reporter_kana": one("かくう はなこ"),
            **day_typed("reporter_birth_date", date(1992, 4, 12)),
            "reporter_phone": one("０９０ー００００ー０００１"),
        },
    }


def fill_in(database: Database, actor: Actor, today: date) -> UUID:
    """A moving draft with every page filled in."""
    assert actor.id is not None
    with as_(database, actor) as session:
        draft = service.start_draft(session, actor.id, "moving-within-city")
        movers = [one["id"] for one in draft.known["household.members"]]
    for name, typed in moving(today, movers).items():
        with as_(database, actor) as session:
            assert service.save_page(session, actor, draft.id, name, typed).faults == {}
    return draft.id


def send(database: Database, actor: Actor, today: date) -> UUID:
    """A sent application."""
    application_id = fill_in(database, actor, today)
    with as_(database, actor) as session:
        service.submit(session, actor, application_id)
    return application_id


def kept_events(database: Database, kind: str) -> int:
    """How many promises of an event of this kind wait in the outbox."""
    from portal.core.outbox import Promise

    with database.command("look") as session:
        return len(session.scalars(select(Promise.id).where(Promise.kind == kind)).all())
