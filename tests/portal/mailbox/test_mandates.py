"""An adult lets another read the mailbox: given, registered from a paper, looked at on record, ended at once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.mailbox.mandates import rules, service
from portal.mailbox.mandates.models import Mandate
from portal.mailbox.mandates.rules import Basis
from portal.mailbox.mandates.service import Wish
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind as NoticeKind
from portal.mailbox.rules import Strength
from portal.residents.service import Person
from portal.web.signed_in import WebSession
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.mailbox.shelf.conftest import City

MARK = "m" * 64


@pytest.fixture
def city(database: Database, cast_residents: None) -> City:
    return City(database)


def strong(database: Database, assurance: int = 2) -> None:
    """Everybody who is signed in has confirmed it with a passkey or card."""
    with database.command("strong") as session:
        session.execute(update(WebSession).values(assurance=assurance))


def wish(**other: Any) -> Wish:
    usual = {"sections": [], "strength": 1, "ends_on": clock.today() + timedelta(days=30)}
    return Wish(**usual | other)


def mandate(city: City, **other: Any) -> UUID:
    """一郎 lets 花子 read."""
    owner, reader = city.id_of(cast.ICHIRO), city.id_of(cast.HANAKO)
    own = Actor(Kind.RESIDENT, owner, assurance=other.pop("assurance", 2))
    with city.database.page(own, Purpose.OWN_USE, writes=True) as session:
        made = service.give(session, own, wish(**other), MARK).id
    with city.database.page(Actor(Kind.RESIDENT, reader, assurance=1), Purpose.OWN_USE, writes=True) as session:
        service.accept(session, Actor(Kind.RESIDENT, reader, assurance=1), MARK)
    return made


def day(on: Any) -> dict[str, str]:
    return {"ends-era": "ce", "ends-year": str(on.year), "ends-month": str(on.month), "ends-day": str(on.day)}


def read(visitor: Visitor, owner: UUID, notice: UUID) -> Page:
    return visitor.get(f"/mailbox/{notice}?for={owner}")


def test_given_by_code_read_on_record_and_ended_at_once(
    city: City, database: Database, resident_client: ResidentClient
) -> None:
    letter = city.put(cast.ICHIRO, "介護保険のお知らせ", kind=str(NoticeKind.TASK))
    ichiro, hanako, owner = resident_client("ichiro"), resident_client("hanako"), city.id_of(cast.ICHIRO)
    assert ichiro.get("/mailbox/mandates/new").path == "/sign-in/stronger"  # a password alone opens no mailbox
    strong(database)
    page = ichiro.get("/mailbox/mandates/new")
    shown = ichiro.submit(page, "/mailbox/mandates/new", **day(clock.today() + timedelta(days=30)))
    (code,) = [found for one in shown.find("button") if (found := one.get("data-copy"))]
    assert read(hanako, owner, letter).status == 404
    hanako.submit(hanako.get("/mailbox/mandates"), "/mailbox/mandates/accept", code=code.lower().replace("-", " "))
    family = hanako.get("/mailbox/family")
    assert "架空 一郎" in family.text
    assert "介護保険のお知らせ" in family.text
    opened = read(hanako, owner, letter)
    assert "介護保険のお知らせ" in opened.text
    assert not [form for form in opened.find("form") if "/answer" in (form.get("action") or "")]
    refused = hanako.post(f"/mailbox/{letter}/answer?for={owner}", page=hanako.get("/account"))
    assert (refused.status, "代わりに回答" in refused.text) == (403, True)
    with database.command("look") as session:
        assert session.scalars(
            select(Delivery.read_at).where(
                Delivery.resident_id == owner,
                Delivery.notice_number == select(Notice.number).where(Notice.id == letter).scalar_subquery(),
            )
        ).all() == [None]
        kinds = session.scalars(select(Record.what).where(Record.subject == owner, Record.why == "mandate")).all()
    assert {"mailbox.list", "mailbox.read"} <= set(kinds)
    seen = ichiro.get("/mailbox/mandates")
    assert "架空 花子" in seen.text
    assert "閲覧の記録" in seen.text
    assert "お知らせを代わりに読む方が登録されました" in ichiro.get("/mailbox").text
    (end,) = [form.get("action") or "" for form in seen.find("form") if (form.get("action") or "").endswith("/end")]
    ichiro.submit(seen, end)
    assert read(hanako, owner, letter).status == 404
    assert "介護保険" not in hanako.get("/mailbox/family").text
    again = hanako.submit(hanako.get("/mailbox/mandates"), "/mailbox/mandates/accept", code=code)
    assert again.status == 422


def test_only_the_sections_and_the_strength_that_were_granted(
    city: City, database: Database, resident_client: ResidentClient
) -> None:
    owner = city.id_of(cast.ICHIRO)
    letters = {
        "open": city.put(cast.ICHIRO, "開いた手紙"),
        "other": city.put(cast.ICHIRO, "よその課", section="市税事務所"),
        "hidden": city.put(cast.ICHIRO, "ひみつ", strength=Strength.PASSKEY_OR_CARD),
        "card": city.put(cast.ICHIRO, "カードの手紙", strength=Strength.NATIONAL_CARD),
    }
    mandate(city, sections=["保険年金課"], strength=3)  # more than the owner's own sign-in is not theirs to give
    hanako = resident_client("hanako")
    found = {name: read(hanako, owner, letter) for name, letter in letters.items()}
    assert {name: page.status for name, page in found.items()} == {
        "open": 200,
        "other": 404,
        "hidden": 200,
        "card": 404,
    }
    assert "ひみつ" not in found["hidden"].text
    assert "ひみつ" not in hanako.get("/mailbox/family").text
    strong(database)
    assert "ひみつ" in read(hanako, owner, letters["hidden"]).text


def test_what_needs_a_strong_sign_in_is_not_there_unless_granted(
    city: City, database: Database, resident_client: ResidentClient
) -> None:
    hidden = city.put(cast.ICHIRO, "ひみつ", strength=Strength.PASSKEY_OR_CARD)
    mandate(city)
    hanako = resident_client("hanako")
    strong(database)
    assert read(hanako, city.id_of(cast.ICHIRO), hidden).status == 404
    assert "ひみつ" not in hanako.get("/mailbox/family").text


@pytest.mark.parametrize("person", [cast.ICHIRO, cast.HANAKO], ids=["owner", "reader"])
def test_nobody_reads_where_somebody_is_protected(
    city: City, database: Database, resident_client: ResidentClient, person: cast.Resident
) -> None:
    letter, owner, whose = city.put(cast.ICHIRO, "手紙"), city.id_of(cast.ICHIRO), city.id_of(person)
    mandate(city)
    hanako = resident_client("hanako")
    assert read(hanako, owner, letter).status == 200
    with database.command("protect") as session:
        session.execute(update(Person).where(Person.id == whose).values(protected=True))
    assert read(hanako, owner, letter).status == 404
    with database.command("end") as session:
        session.execute(update(Mandate).values(ended_at=clock.now()))
    with pytest.raises(rules.MandateImpossible):
        mandate(city)


def test_after_the_last_day_nothing_is_read(city: City, database: Database) -> None:
    owner, reader, now = city.id_of(cast.ICHIRO), city.id_of(cast.HANAKO), clock.now()
    with clock.freeze(now):
        mandate(city, ends_on=clock.today())
        with database.command("look") as session:
            assert [one.owner_id for one in service.held_by(session, reader)] == [owner]
    with clock.freeze(now + timedelta(days=1)), database.command("look") as session:
        assert service.held_by(session, reader) == []


@pytest.mark.parametrize("days", [-1, 367])
def test_a_mandate_has_a_last_day_within_a_year(city: City, days: int) -> None:
    with pytest.raises(rules.MandateDayWrong):
        mandate(city, ends_on=clock.today() + timedelta(days=days))


def test_a_code_is_good_for_a_week_once_and_not_for_its_maker(city: City, database: Database) -> None:
    owner = Actor(Kind.RESIDENT, city.id_of(cast.ICHIRO), assurance=2)
    reader = Actor(Kind.RESIDENT, city.id_of(cast.HANAKO), assurance=1)
    with database.page(owner, Purpose.OWN_USE, writes=True) as session:
        service.give(session, owner, wish(), MARK)
    with pytest.raises(rules.MandateImpossible), database.page(owner, Purpose.OWN_USE, writes=True) as session:
        service.accept(session, owner, MARK)
    with clock.freeze(clock.now() + rules.CODE_GOOD + timedelta(minutes=1)):
        with pytest.raises(rules.MandateCodeWrong), database.page(reader, Purpose.OWN_USE, writes=True) as session:
            service.accept(session, reader, MARK)
        with database.command("worker") as session:
            service.forget_codes(session, {})
        with database.command("look") as session:
            assert service.given_by(session, owner.id or new_id()) == []


def test_a_paper_takes_two_members_of_staff_and_a_guardianship_is_not_the_owners_to_end(
    city: City, database: Database
) -> None:
    owner, reader = city.id_of(cast.ICHIRO), city.id_of(cast.HANAKO)
    first, second = (Actor(Kind.STAFF, new_id(), f"中央区役所 市民総合窓口課 {number}") for number in (1, 2))
    with database.page(first, Purpose.ACCOUNT, writes=True) as session:
        made = service.propose(
            session, first, owner, reader, Basis.GUARDIAN, reference="第2026-12345号", wish=wish(strength=2)
        ).id
    with database.command("look") as session:
        assert service.held_by(session, reader) == []
    with pytest.raises(rules.MandateNeedsAnother), database.page(first, Purpose.ACCOUNT, writes=True) as session:
        service.confirm(session, first, made)
    with database.page(second, Purpose.ACCOUNT, writes=True) as session:
        service.confirm(session, second, made)
    with database.command("look") as session:
        assert [one.id for one in service.held_by(session, reader)] == [made]
    own = Actor(Kind.RESIDENT, owner, assurance=2)
    with pytest.raises(rules.GuardianshipStays), database.page(own, Purpose.OWN_USE, writes=True) as session:
        service.end(session, own, made)
    stranger = Actor(Kind.RESIDENT, city.id_of(cast.TARO), assurance=2)
    with pytest.raises(rules.MandateUnknown), database.page(stranger, Purpose.OWN_USE, writes=True) as session:
        service.end(session, stranger, made)
    with database.page(second, Purpose.ACCOUNT, writes=True) as session:
        service.end(session, second, made)
    with database.command("look") as session:
        assert service.held_by(session, reader) == []


def test_staff_register_a_paper_on_their_pages(
    city: City, staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    owner, clerk = city.id_of(cast.ICHIRO), staff_client(Role.WINDOW)
    form = clerk.get(f"/staff/mandates/{owner}")
    said = {
        "reader": cast.HANAKO.addressee_number,
        "reference": "R8-1",
        "basis": "paper",
        **day(clock.today() + timedelta(days=90)),
    }
    assert clerk.submit(form, f"/staff/mandates/{owner}", **said | {"reader": "1"}).status == 404
    done = clerk.submit(form, f"/staff/mandates/{owner}", **said)
    assert "架空 花子" in done.text
    waiting = clerk.get("/staff/mandates")
    assert "R8-1" in waiting.text
    assert not [one for one in waiting.find("form") if (one.get("action") or "").endswith("/confirm")]
    found = clerk.submit(waiting, "/staff/mandates", number=cast.ICHIRO.addressee_number)
    assert found.path == f"/staff/mandates/{owner}"
