"""Handed out at the window: identity first, the fee, the paper once, a My Number only when asked for, and who is told."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from pypdf import PdfReader
from rich.console import Console
from sqlalchemy import select, update

from portal.certificates.models import CertificateOrder
from portal.config import Settings
from portal.core.audit import Record
from portal.core.envelope import SealBroken
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.number_vault import command as numbers
from portal.number_vault import rules as number_rules
from portal.number_vault import service as vault
from portal.number_vault.models import PersonalNumber
from portal.residents.models import Resident
from portal.web.signed_in import WebSession
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.certificates.at_machines import rows, text_of

NUMBER = cast.individual_number(7)
WISH = {"scope": "self", "relation": "yes", "domicile": "no", "number": "no", "purpose": "general", "copies": "1"}
DESK = "/staff/certificates"


def id_of(database: Database, person: cast.Resident) -> UUID:
    return next(one.id for one in rows(database, Resident) if one.addressee_number == person.addressee_number)


@pytest.fixture
def office(staff_client: StaffClient, cast_residents: None) -> Visitor:
    return staff_client(Role.WINDOW)


@pytest.fixture
def hanako(database: Database, office: Visitor) -> str:
    """The address of her page at the window."""
    return f"{DESK}/{id_of(database, cast.HANAKO)}"


@pytest.fixture
def kept(database: Database, office: Visitor, settings: Settings, tmp_path: Path) -> None:
    """A My Number for Hanako, as the register's file brings it."""
    file = tmp_path / "numbers.csv"
    file.write_text(
        f"宛名番号,個人番号\n{cast.HANAKO.addressee_number},{NUMBER}\n{cast.HANAKO.addressee_number},123456789012\n"
    )
    console = Console(record=True, quiet=True)
    assert numbers.import_numbers(database, file, console, ring=settings.number_ring) == 1, "one row has a wrong digit"
    assert NUMBER not in console.export_text()


def checked(office: Visitor, person: str, document: str = "driving-licence") -> Page:
    return office.submit(office.get(person), f"{person}/identity/document", document=document)


def made(office: Visitor, person: str, kind: str = "resident-record", **wish: Any) -> Page:
    page = office.get(f"{person}/{kind}")
    wanted = WISH | {"fee_taken": "yes", **wish} if kind == "resident-record" else {"fee_taken": "yes", **wish}
    return office.submit(page, f"{person}/{kind}", **wanted)


def order_of(database: Database) -> CertificateOrder:
    return rows(database, CertificateOrder)[0]


def looks(database: Database, what: str) -> list[Record]:
    with database.command("look") as session:
        found = list(session.scalars(select(Record).where(Record.what == what)))
        session.expunge_all()
        return found


def test_identity_fee_paper_handed_out(
    office: Visitor, hanako: str, database: Database, worker: Worker, resident_client: ResidentClient
) -> None:
    assert office.get(f"{hanako}/resident-record").path == hanako, "identity comes first"
    page = checked(office, hanako)
    assert f"{hanako}/resident-record" in page.links()
    assert made(office, hanako, fee_taken="").status == 422
    done = made(office, hanako)
    order = order_of(database)
    assert (order.state, order.fee, order.channel, order.office) == ("paid", 300, "window", "chuo")
    assert order.reference in office.get(DESK).text, "after a power cut it is found again"
    assert office.submit(done, f"{done.path}/handed-out").status == 409, "no paper was drawn yet"
    paper = text_of(office.get(f"{done.path}/paper.pdf").body)
    assert cast.HANAKO.name in paper
    assert paper == text_of(office.get(f"{done.path}/paper.pdf").body), "printed again it is the same"
    office.submit(done, f"{done.path}/handed-out")
    assert order_of(database).state == "printed"
    assert office.submit(done, f"{done.path}/void").status == 409
    worker.run_pending()
    mailbox = resident_client("hanako").get("/mailbox").text
    assert "証明書をお渡ししました" in mailbox


def test_one_form_is_one_certificate_and_none_is_no_debt(office: Visitor, hanako: str, database: Database) -> None:
    checked(office, hanako)
    page = office.get(f"{hanako}/resident-record")
    wish = WISH | {"fee_taken": "yes"}
    first, again = (office.submit(page, f"{hanako}/resident-record", **wish) for _ in range(2))
    assert first.path == again.path
    office.submit(first, f"{first.path}/void")
    assert order_of(database).state == "refunded"
    assert order_of(database).reference not in office.get("/staff/refunds").text


def test_a_my_number_is_asked_for_and_on_record(
    office: Visitor, hanako: str, kept: None, database: Database, resident_client: ResidentClient
) -> None:
    checked(office, hanako)
    assert made(office, hanako, number="yes").status == 422, "to whom it is shown"
    done = made(office, hanako, number="yes", number_for="employer")
    assert looks(database, "number_vault.number") == [], "not before the paper is drawn"
    pdf = office.get(f"{done.path}/paper.pdf").body
    assert number_rules.MyNumber(NUMBER).printed() in text_of(pdf)
    data = json.loads(PdfReader(io.BytesIO(pdf)).attachments["certificate.json"][0])
    assert NUMBER not in json.dumps(data).replace(" ", ""), "programs have no business with it"
    [look] = looks(database, "number_vault.number")
    assert (look.why, look.subject) == ("my-number", id_of(database, cast.HANAKO))
    assert "マイナンバー" in resident_client("hanako").get("/my-data/looks").text
    office.submit(done, f"{done.path}/handed-out")
    assert (
        f"/certificates/{order_of(database).id}/data"
        not in resident_client("hanako").get(f"/certificates/{order_of(database).id}").links()
    )


def test_without_the_choice_no_number_is_opened(office: Visitor, hanako: str, kept: None, database: Database) -> None:
    checked(office, hanako)
    done = made(office, hanako)
    assert number_rules.MyNumber(NUMBER).printed() not in text_of(office.get(f"{done.path}/paper.pdf").body)
    assert looks(database, "number_vault.number") == []


def test_no_number_for_everybody_no_paper_and_no_fee(
    office: Visitor, hanako: str, kept: None, database: Database
) -> None:
    checked(office, hanako)
    refused = made(office, hanako, number="yes", number_for="bank", scope="household")
    assert refused.status == 409
    assert rows(database, CertificateOrder) == []


def test_a_sealed_number_opens_for_its_person_alone(
    kept: None, database: Database, settings: Settings, office: Visitor
) -> None:
    taro = id_of(database, cast.TARO)
    [row] = rows(database, PersonalNumber)
    assert NUMBER.encode() not in row.sealed + row.wrapped_key
    with database.command("swap") as session:
        session.execute(update(PersonalNumber).values(resident_id=taro))
    with database.command("look") as session, pytest.raises(SealBroken):
        vault.open_number(session, settings.number_ring, taro, case_ref="x")
    hanako = id_of(database, cast.HANAKO)
    with database.command("back") as session:
        session.execute(update(PersonalNumber).values(resident_id=hanako))
    with database.command("another key") as session, pytest.raises(SealBroken):
        vault.open_number(session, settings.file_ring, hanako, case_ref="x")


@pytest.mark.parametrize("typed", ["", "1234", NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10), "abcdefghijkl"])
def test_a_number_with_a_wrong_digit_is_none(typed: str) -> None:
    with pytest.raises(ValueError) as told:
        number_rules.read(typed)
    assert NUMBER[:6] not in str(told.value)
    assert NUMBER not in repr(number_rules.read(NUMBER)) + str(number_rules.read(NUMBER))


def test_a_protected_household(office: Visitor, hanako: str, database: Database) -> None:
    with database.command("guard") as session:
        session.execute(update(Resident).where(Resident.id == id_of(database, cast.HANAKO)).values(protected=True))
    weak = checked(office, hanako, "two-without-photo")
    assert f"{hanako}/resident-record" not in weak.links(), "a photo is needed"
    assert office.get(f"{hanako}/resident-record").path == hanako
    checked(office, hanako)
    assert made(office, hanako).status == 422, "nobody asked the supervisor"
    assert made(office, hanako, confirmed="yes").status == 200
    assert order_of(database).state == "paid"


def test_another_office_and_another_job_find_nothing(
    office: Visitor, hanako: str, database: Database, staff_client: StaffClient
) -> None:
    checked(office, hanako)
    done = made(office, hanako)
    for role in (Role.SENDER, Role.PROCESSOR):
        for address in (DESK, hanako, done.path, f"{done.path}/paper.pdf", "/staff/certificate-post"):
            assert staff_client(role).get(address).status == 404
    with database.command("elsewhere") as session:
        session.execute(update(CertificateOrder).values(office="midori"))
    assert office.get(done.path).status == 404
    assert office.get(f"{done.path}/paper.pdf").status == 404


def test_the_fee_of_an_order_from_home(
    office: Visitor, app: Flask, database: Database, resident_client: ResidentClient
) -> None:
    hanako = resident_client("hanako")
    with database.command("passkey") as session:
        session.execute(update(WebSession).where(WebSession.kind == "resident").values(assurance=2))
    order = "/certificates/order/resident-record"
    wish = {"scope": "self", "relation": "no", "domicile": "no", "purpose": "general", "copies": "1"}
    checkout = hanako.submit(hanako.get(order), order, **wish, delivery="electronic")
    hanako.submit(checkout, checkout.path.replace("checkout", "pay"), way="window")
    page = office.get(f"{DESK}?number_of_order={order_of(database).reference.lower()}")
    assert cast.HANAKO.name not in page.text, "whoever pays need not be who it is about"
    assert office.submit(page, f"{page.path}/fee").status == 200
    assert order_of(database).state == "printed"
    assert office.submit(page, f"{page.path}/fee").status == 409
    assert hanako.get(f"/certificates/{order_of(database).id}/certificate.pdf").status == 200
    assert office.get(f"{DESK}?number_of_order=K7QM-3XPR-T2WJ").status == 422


def test_the_vault_has_one_caller() -> None:
    root = Path(number_rules.__file__).parents[1]
    allowed: Callable[[Path], bool] = lambda path: (  # noqa: E731
        path.is_relative_to(root / "number_vault")
        or path.is_relative_to(root / "certificates/counter")
        or path.is_relative_to(root / "demo")
        or path == root / "importing.py"
    )
    callers = [path for path in root.rglob("*.py") if "number_vault" in path.read_text() and not allowed(path)]
    named_only = {root / "mydata/rules.py", root / "migrations/versions/0043_certificates_by_post_and_counter.py"}
    assert set(callers) - named_only == set()
