"""Ordered at home: paid for at a payment service, delivered to the mailbox or by letter, or the money goes back."""

import io
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from flask import Flask
from pydantic import SecretStr
from pypdf import PdfReader
from sqlalchemy import select, update

from portal import wiring
from portal.certificates.models import CertificateOrder, CertificatePayment
from portal.certificates.online import rules
from portal.certificates.posting.models import CertificateBatch
from portal.core import clock, outbox
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.demo.payments import Service
from portal.residents.models import Resident
from portal.web.hall import Hall
from portal.web.signed_in import WebSession
from tests.browser import Page, Visitor, words_of
from tests.conftest import ResidentClient, StaffClient
from tests.portal.certificates.at_machines import rows, text_of

WISH = {"scope": "self", "relation": "no", "domicile": "no", "purpose": "general", "copies": "1"}
ORDER = "/certificates/order/resident-record"
PAYS = re.compile(r"/pay/([\w-]+)")


@pytest.fixture
def payments(app: Flask) -> Iterator[Service]:
    """The demo's payment service, and a portal that knows it."""
    hall: Hall = app.extensions["portal"]
    with Service(0) as service:
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        known = {"payment_url": service.url, "payment_token": SecretStr(service.token)}
        app.extensions["portal"] = Hall(hall.settings.model_copy(update=known), hall.database, hall.recognise_client)
        yield service
        service.shutdown()
        thread.join()


@pytest.fixture
def work(app: Flask, database: Database) -> Callable[[], None]:
    """The worker does all there is to do now."""

    def run() -> None:
        settings = app.extensions["portal"].settings
        Worker(database, wiring.work(settings)).run_pending()

    return run


def ordered(hanako: Visitor, **wish: Any) -> Page:
    page = hanako.get(ORDER)
    return hanako.submit(page, ORDER, **{**WISH, "delivery": "electronic", **wish})


def chosen(hanako: Visitor, page: Page, way: str) -> Page:
    return hanako.submit(page, page.path.replace("checkout", "pay"), way=way)


def pay(page: Page) -> str:
    """What the person does on the page of the payment service; returns where it sends them."""
    link = next(link for link in page.links() if PAYS.search(link))
    assert "0円" in httpx.get(link).text
    paid = httpx.post(link, data={"do": "pay"}, follow_redirects=False)
    assert paid.status_code == 303
    return paid.headers["Location"]


def finish(hanako: Visitor, page: Page) -> Page:
    return hanako.submit(page, page.path.replace("checkout", "paid"))


def order_of(database: Database) -> CertificateOrder:
    return rows(database, CertificateOrder)[0]


def moved(database: Database) -> None:
    with database.command("register") as session:
        session.execute(update(Resident).where(Resident.name == cast.HANAKO.name).values(block="9番9号"))


def id_of_hanako(database: Database) -> UUID:
    return next(one.id for one in rows(database, Resident) if one.name == cast.HANAKO.name)


def test_a_password_alone_orders_nothing(resident_client: ResidentClient) -> None:
    assert resident_client("hanako").get("/certificates/order").path == "/sign-in/stronger"


def test_paid_online_it_lies_in_the_mailbox(
    hanako: Visitor, payments: Service, database: Database, work: Callable[[], None]
) -> None:
    page = chosen(hanako, ordered(hanako), "online")
    assert finish(hanako, page).status == 409, "nobody has paid yet"
    pay(page)
    shown = finish(hanako, page)
    order = order_of(database)
    assert (order.state, order.delivery, order.total) == ("printed", "electronic", 200)
    pdf = hanako.get(f"/certificates/{order.id}/certificate.pdf").body
    assert cast.HANAKO.name in text_of(pdf)
    assert f"/certificates/{order.id}/certificate.pdf" in shown.links()
    work()
    assert "証明書が届きました" in hanako.get("/mailbox").text
    receipt = hanako.get(f"/certificates/{order.id}/receipt")
    assert "200" in text_of(receipt.body)
    moved(database)
    assert hanako.get(f"/certificates/{order.id}/certificate.pdf").body == pdf, "what was delivered stays"
    with clock.freeze(clock.now() + rules.FILE_KEPT + timedelta(days=1)), database.command("worker") as session:
        wiring.WORK["certificates.forget-files"](session, {})
    assert hanako.get(f"/certificates/{order.id}/certificate.pdf").status == 404


def test_back_from_the_payment_service_nobody_is_asked_to_pay_first(hanako: Visitor, payments: Service) -> None:
    page = chosen(hanako, ordered(hanako), "online")
    assert "お支払いはお済みですか" not in page.text
    back = urlsplit(pay(page))
    page = hanako.get(f"{back.path}?{back.query}")
    assert "お支払いはお済みですか" in page.text
    asked = [words_of(one) for one in page.form(back.path.replace("checkout", "paid")).iter("button")]
    assert asked == ["支払いが終わりました"]
    assert [words_of(one) for one in page.find("a", class_="button--primary")] == [], "nobody is asked to pay once more"
    assert finish(hanako, page).heading.startswith("住民票の写し")


def test_paid_and_then_the_browser_closed(
    hanako: Visitor, payments: Service, database: Database, work: Callable[[], None]
) -> None:
    pay(chosen(hanako, ordered(hanako), "online"))
    with database.command("minute") as session:
        outbox.post(session, "certificates.ask-payments", {})
    work()
    order = order_of(database)
    assert order.state == "paid"
    assert "受け取ってください" in hanako.get("/mailbox").text
    page = hanako.get(f"/certificates/{order.id}")
    assert f"/certificates/{order.id}/certificate.pdf" in hanako.submit(page, f"{page.path}/receive").links()


def test_the_record_changed_before_the_money_came(
    hanako: Visitor, payments: Service, database: Database, work: Callable[[], None]
) -> None:
    page = chosen(hanako, ordered(hanako), "online")
    pay(page)
    moved(database)
    shown = finish(hanako, page)
    assert "変わった" in shown.text
    assert order_of(database).state == "refunded"
    work()
    assert {one.state for one in payments.book.payments.values()} == {"refunded"}
    assert hanako.get(f"{shown.path}/certificate.pdf").status == 404
    assert "お作りできませんでした" in hanako.get("/mailbox").text


def test_free_by_law_is_issued_at_once_and_says_so(hanako: Visitor, database: Database) -> None:
    done = chosen(hanako, ordered(hanako, purpose="pension"), "")
    order = order_of(database)
    assert (order.state, order.total) == ("printed", 0)
    assert "無料で交付" in text_of(hanako.get(f"{done.path}/certificate.pdf").body)


def test_part_of_a_household(hanako: Visitor, database: Database) -> None:
    page = hanako.get(ORDER)
    boxes = [box.get("value") for box in page.find("input", name="members")]
    others = [one for one in boxes if one != str(id_of_hanako(database))]
    assert len(boxes) >= len(others) + 1 >= 2
    nobody = hanako.submit(page, ORDER, **WISH | {"scope": "part", "delivery": "electronic"})
    assert nobody.status == 422
    stranger = rows(database, Resident)[-1].id
    bad = hanako.submit(page, ORDER, **WISH | {"scope": "part", "members": str(stranger), "delivery": "electronic"})
    assert bad.status == 422
    one = ordered(hanako, scope="part", members=others[0], purpose="pension")
    done = chosen(hanako, one, "")
    paper = text_of(hanako.get(f"{done.path}/certificate.pdf").body)
    assert "世帯の一部" in paper
    assert cast.HANAKO.name not in paper


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": ""},
        {"purpose": "labour"},
        {"relation": "perhaps"},
        {"delivery": "pigeon"},
        {"delivery": "post", "copies": "6"},
        {"delivery": "post", "copies": "many"},
    ],
)
def test_what_does_not_fit_stays_on_the_page(hanako: Visitor, database: Database, wrong: dict[str, str]) -> None:
    page = ordered(hanako, **wrong)
    assert (page.status, page.path) == (422, ORDER)
    assert rows(database, CertificateOrder) == []


def test_one_form_is_one_order(hanako: Visitor, database: Database) -> None:
    page = hanako.get(ORDER)
    wish = WISH | {"delivery": "electronic"}
    assert hanako.submit(page, ORDER, **wish).path == hanako.submit(page, ORDER, **wish).path
    assert len(rows(database, CertificateOrder)) == 1


def test_orders_nobody_pays_for_do_not_pile_up(hanako: Visitor, database: Database) -> None:
    placed = [ordered(hanako) for _ in range(rules.MOST_UNPAID)]
    refused = ordered(hanako)
    assert (refused.status, refused.path) == (409, ORDER)
    assert f"{rules.MOST_UNPAID}件" in refused.text
    assert len(rows(database, CertificateOrder)) == rules.MOST_UNPAID
    hanako.submit(placed[0], placed[0].path.replace("checkout", "cancel"))
    assert ordered(hanako).status == 200
    assert len(rows(database, CertificateOrder)) == rules.MOST_UNPAID + 1


def test_another_ones_order_is_no_order(hanako: Visitor, database: Database, resident_client: ResidentClient) -> None:
    done = chosen(hanako, ordered(hanako, purpose="pension"), "")
    ichiro = resident_client("ichiro")
    with database.command("passkey") as session:
        session.execute(update(WebSession).values(assurance=2))
    for door in ("", "/checkout", "/certificate.pdf", "/data", "/receipt"):
        assert ichiro.get(done.path + door).status == 404
    assert ichiro.post(done.path + "/receive", page=ichiro.get("/certificates/order/seal")).status == 404


def test_without_a_payment_service_a_week_to_pay(hanako: Visitor, database: Database) -> None:
    page = ordered(hanako)
    assert "online" not in {box.get("value") for box in page.find("input", name="way")}
    assert chosen(hanako, page, "online").status == 422
    told = chosen(hanako, page, "window").text
    assert order_of(database).reference.replace("-", "") in told.replace(" ", "").replace("-", "")
    wiring_work = wiring.WORK["certificates.end-unpaid"]
    for days, state in ((6, "ordered"), (8, "cancelled")):
        with clock.freeze(clock.now() + timedelta(days=days)), database.command("worker") as session:
            wiring.WORK["certificates.cancel-forgotten"](session, {})
            wiring_work(session, {})
        assert order_of(database).state == state


def test_a_silent_payment_service_takes_no_order_along(hanako: Visitor, payments: Service, database: Database) -> None:
    page = ordered(hanako)
    payments.token = "another"
    assert chosen(hanako, page, "online").status == 503
    assert order_of(database).state == "ordered"


def _posted(hanako: Visitor, payments: Service, copies: str = "2") -> Page:
    page = chosen(hanako, ordered(hanako, delivery="post", copies=copies), "online")
    pay(page)
    return finish(hanako, page)


def test_by_post(
    hanako: Visitor, payments: Service, database: Database, staff_client: StaffClient, work: Callable[[], None]
) -> None:
    shown = _posted(hanako, payments)
    assert order_of(database).total == 510
    office = staff_client(Role.WINDOW)
    page = office.get("/staff/certificate-post")
    batch = office.submit(page, "/staff/certificate-post/print")
    file = office.get(f"{batch.path}/letters.pdf").body
    assert len(PdfReader(io.BytesIO(file)).pages) == 3, "one sheet for the window envelope, two copies"
    words = text_of(file)
    assert "親展" in words
    assert words.count(order_of(database).issue_number or "-") >= 3
    assert order_of(database).state == "rendered"
    assert office.submit(page, "/staff/certificate-post/print").status == 409
    posted = office.submit(batch, f"{batch.path}/posted")
    assert order_of(database).state == "printed"
    assert office.post(f"{batch.path}/posted", page=posted).status == 409
    assert office.submit(posted, f"{batch.path}/returned", number="7").status == 422
    assert office.submit(posted, f"{batch.path}/returned", number="AB-001").status == 200
    work()
    told = hanako.get("/mailbox").text
    assert "発送しました" in told
    assert "戻ってきました" in told
    assert "戻ってきました" in hanako.get(shown.path).text


@pytest.mark.parametrize("act", ["void", "handed-out", "paper.pdf"])
def test_no_window_ends_an_order_from_home_as_if_it_were_its_own(
    hanako: Visitor,
    payments: Service,
    database: Database,
    staff_client: StaffClient,
    work: Callable[[], None],
    act: str,
) -> None:
    """Called "paid back" at a window, it would be neither posted nor paid back by the service that took the money."""
    _posted(hanako, payments)
    office = staff_client(Role.WINDOW)
    order = f"/staff/certificates/orders/{order_of(database).id}"
    page = office.get(order)
    assert (
        office.get(f"{order}/{act}") if act == "paper.pdf" else office.post(f"{order}/{act}", page=page)
    ).status == 404
    assert order_of(database).state == "paid"
    work()
    assert {one.state for one in payments.book.payments.values()} == {"paid"}


@pytest.mark.parametrize("when", ["before the batch", "after the batch"])
def test_a_changed_record_is_not_posted(
    hanako: Visitor,
    payments: Service,
    database: Database,
    staff_client: StaffClient,
    work: Callable[[], None],
    when: str,
) -> None:
    _posted(hanako, payments)
    office = staff_client(Role.WINDOW)
    page = office.get("/staff/certificate-post")
    if when == "before the batch":
        moved(database)
        assert "作成できなかった" in office.submit(page, "/staff/certificate-post/print").text
    else:
        batch = office.submit(page, "/staff/certificate-post/print")
        moved(database)
        assert len(PdfReader(io.BytesIO(office.get(f"{batch.path}/letters.pdf").body)).pages) == 0
        office.submit(batch, f"{batch.path}/posted")
    assert order_of(database).state == "refunded"
    work()
    assert {one.state for one in payments.book.payments.values()} == {"refunded"}


def test_a_letter_whose_record_changed_after_its_sheet_was_drawn_is_pulled_before_the_others_go(
    hanako: Visitor,
    payments: Service,
    database: Database,
    staff_client: StaffClient,
    work: Callable[[], None],
) -> None:
    _posted(hanako, payments)
    office = staff_client(Role.WINDOW)
    batch = office.submit(office.get("/staff/certificate-post"), "/staff/certificate-post/print")
    assert len(PdfReader(io.BytesIO(office.get(f"{batch.path}/letters.pdf").body)).pages) == 3
    moved(database)
    again = office.get(f"{batch.path}/letters.pdf").body
    assert len(PdfReader(io.BytesIO(again)).pages) == 0, (
        "drawn again it is left out, but the sheet of before is in the pile"
    )
    page = office.submit(batch, f"{batch.path}/posted")
    assert "発送してはいけない手紙があります: 001" in page.text
    assert order_of(database).state == "refunded"
    assert "発送済み" not in page.text
    assert "発送してはいけない手紙があります: 001" in office.get(batch.path).text, (
        "whoever opens the page later is told too"
    )
    posted = office.submit(page, f"{batch.path}/posted")
    assert office.submit(posted, f"{batch.path}/returned", number="001").status == 422, "it was never posted"
    work()
    assert {one.state for one in payments.book.payments.values()} == {"refunded"}
    assert order_of(database).state == "refunded"


def test_a_batch_is_opened_by_the_office_that_printed_it_alone(
    hanako: Visitor, payments: Service, database: Database, staff_client: StaffClient
) -> None:
    _posted(hanako, payments)
    office = staff_client(Role.WINDOW)
    batch = office.submit(office.get("/staff/certificate-post"), "/staff/certificate-post/print")
    assert batch.path in office.get("/staff/certificate-post").links()
    with database.command("another office printed it") as session:
        session.execute(update(CertificateBatch).values(office="mihama"))
    assert batch.path not in office.get("/staff/certificate-post").links()
    for address in (batch.path, f"{batch.path}/letters.pdf"):
        assert office.get(address).status == 404
    for deed in ("posted", "returned"):
        assert office.post(f"{batch.path}/{deed}", page=batch).status == 404


def test_every_yen_has_its_order(hanako: Visitor, payments: Service, database: Database) -> None:
    """Paid twice over, by two ways: the second goes back."""
    page = chosen(hanako, ordered(hanako), "online")
    pay(page)
    finish(hanako, page)
    finish(hanako, page)
    with database.command("look") as session:
        paid = session.scalars(select(CertificatePayment)).all()
        assert [(one.amount, one.order_id) for one in paid] == [(200, UUID(page.path.split("/")[2]))]
