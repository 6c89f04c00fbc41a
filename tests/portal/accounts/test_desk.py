"""A resident's card is registered at the window, only after an identity check, and withdrawn at once."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.x509.ocsp import OCSPCertStatus
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.desk import FRESH
from portal.accounts.models import CardEnrolment, IdentityCheck
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.web.hall import Hall
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.accounts.authority import Authority, Card, new_key
from tests.portal.accounts.office import Office


@pytest.fixture
def authority(cast_residents: None, tmp_path: Path) -> Authority:
    made = Authority("TEST CA 架空")
    (tmp_path / "cards").mkdir()
    made.publish(tmp_path / "cards")
    return made


@pytest.fixture
def card(authority: Authority) -> Card:
    return authority.issue("hanako", new_key())


@pytest.fixture
def window(staff_client: StaffClient) -> Visitor:
    return staff_client(Role.WINDOW)


def open_person(window: Visitor, person: cast.Resident = cast.HANAKO) -> Page:
    return window.submit(window.get("/staff/accounts"), "/staff/accounts", number=person.addressee_number)


def checked(window: Visitor, person: cast.Resident = cast.HANAKO) -> Page:
    page = open_person(window, person)
    return window.submit(page, f"{page.path}/identity/document", document="residence-card")


def signed(page: Page, card: Card) -> dict[str, str]:
    """What the card bridge puts into the form: certificate, and signature over the page's challenge."""
    challenge = next(page.find("input", name="challenge")).get("value") or ""
    raw = base64.urlsafe_b64decode(challenge + "=" * (-len(challenge) % 4))
    parts = {"certificate": card.der, "signature": card.sign(raw)}
    return {name: base64.b64encode(value).decode() for name, value in parts.items()}


def register(window: Visitor, card: Card, person: cast.Resident = cast.HANAKO) -> Page:
    page = checked(window, person)
    return window.submit(page, f"{page.path}/card", **signed(page, card))


def test_a_card_is_registered_and_its_owner_is_told(
    window: Visitor, card: Card, worker: Worker, resident_client: ResidentClient
) -> None:
    page = register(window, card)
    assert page.status == 200
    assert [link for link in page.links() if link.endswith("/withdraw")]
    worker.run_pending()
    assert "カードを登録しました" in resident_client("hanako").get("/mailbox").text


def test_nothing_is_registered_before_the_identity_is_checked(
    app: Flask, window: Visitor, card: Card, database: Database
) -> None:
    page = open_person(window)
    assert not list(page.find("form", action=f"{page.path}/card"))
    fields = {"challenge_id": "00000000-0000-4000-8000-000000000000", "certificate": "", "signature": ""}
    assert window.post(f"{page.path}/card", fields, page=page).status == 409
    with database.command("look") as session:
        assert session.scalars(select(CardEnrolment)).all() == []


def test_a_certificate_without_its_card_registers_nothing(
    authority: Authority, window: Visitor, card: Card, database: Database
) -> None:
    page = checked(window)
    sent = signed(page, card) | {"signature": base64.b64encode(authority.issue("else", new_key()).sign(b"x")).decode()}
    assert window.submit(page, f"{page.path}/card", **sent).status == 403
    with database.command("look") as session:
        assert session.scalars(select(CardEnrolment)).all() == []


def test_the_card_of_somebody_else_stays_theirs(window: Visitor, card: Card) -> None:
    register(window, card)
    refused = register(window, card, cast.TARO)
    assert refused.status == 409


def test_a_registered_card_proves_its_owner_and_nobody_else(
    window: Visitor, card: Card, staff_client: StaffClient
) -> None:
    register(window, card)
    colleague = staff_client(Role.WINDOW)
    page = open_person(colleague, cast.TARO)
    assert not list(page.find("form", action=f"{page.path}/identity/card")), "太郎 has no card"
    page = open_person(colleague)
    assert "本人確認" in page.text


def revoked_at_the_responder(app: Flask, authority: Authority, card: Card) -> Office:
    """The list does not know yet that the card was taken back; the responder does."""
    office = Office(lambda: authority.says(card, OCSPCertStatus.REVOKED))
    hall: Hall = app.extensions["portal"]
    settings = hall.settings.model_copy(update={"card_ocsp_url": office.url})
    app.extensions["portal"] = replace(hall, settings=settings)
    return office


def test_a_card_its_issuer_took_back_is_not_registered(
    app: Flask, authority: Authority, window: Visitor, card: Card, database: Database
) -> None:
    office = revoked_at_the_responder(app, authority, card)
    refused = register(window, card)
    office.close()
    assert (refused.status, office.asked) == (403, 1)
    with database.command("look") as session:
        assert session.scalars(select(CardEnrolment)).all() == []


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_registered_card_proves_its_owner_until_its_issuer_took_it_back(
    app: Flask, authority: Authority, window: Visitor, card: Card, database: Database, taken_back: bool
) -> None:
    register(window, card)
    office = revoked_at_the_responder(app, authority, card) if taken_back else None
    with database.command("a quarter of an hour later") as session:
        session.execute(update(IdentityCheck).values(at=clock.now() - FRESH))
    page = open_person(window)
    shown = window.submit(page, f"{page.path}/identity/card", **signed(page, card))
    if office:
        office.close()
    assert shown.status == (403 if taken_back else 200)
    assert bool(list(shown.find("form", action=f"{page.path}/code"))) is not taken_back


def test_a_withdrawn_card_is_gone_after_one_question(window: Visitor, card: Card, database: Database) -> None:
    page = register(window, card)
    asked = window.get(next(link for link in page.links() if link.endswith("/withdraw")))
    with database.command("look") as session:
        assert session.scalars(select(CardEnrolment)).one().ended_at is None
    window.submit(asked, asked.path)
    with database.command("look") as session:
        assert session.scalars(select(CardEnrolment)).one().ended_at is not None
    assert window.get(asked.path).status == 404


def test_a_person_is_found_by_kana_and_birth_date_but_not_by_the_name_alone(
    window: Visitor, cast_residents: None
) -> None:
    person = cast.HANAKO
    born = {"born-era": "ce", "born-year": str(person.birth_date.year)}
    born |= {"born-month": str(person.birth_date.month), "born-day": str(person.birth_date.day)}
    page = window.get("/staff/accounts")
    assert window.submit(page, page.path, kana=person.kana).status == 422
    found = window.submit(page, page.path, kana=person.kana, **born)
    assert person.name in found.text
    assert found.path != page.path


def test_another_role_finds_no_such_page(staff_client: StaffClient) -> None:
    assert staff_client(Role.SENDER).get("/staff/accounts").status == 404


def test_documents_are_compared_with_the_registered_name_and_the_alias(window: Visitor, cast_residents: None) -> None:
    person = open_person(window, cast.MARIA)
    assert f"{cast.MARIA.name} （" in person.text
    assert f"通称{cast.MARIA.alias} （" in "".join(person.text.split("\n"))


def test_a_refusal_at_the_desk_is_where_the_keyboard_starts(window: Visitor, cast_residents: None) -> None:
    page = open_person(window)
    refused = window.submit(page, f"{page.path}/identity/document")
    assert refused.status == 422
    (banner,) = [one for one in refused.find("div") if one.get("data-focus") is not None]
    assert banner.get("tabindex") == "-1"
