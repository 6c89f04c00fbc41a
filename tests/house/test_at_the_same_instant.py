"""The same thing sent twenty times at the same instant happens once, through the front door, on both databases."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import func, select

from portal.applications.models import Application
from portal.certificates.models import CertificateOrder, CertificatePayment
from portal.core.uow import Database
from portal.demo import cast
from tests.browser import Visitor
from tests.conftest import ResidentClient
from tests.patience import PATIENCE
from tests.portal.devices.test_tokens import Machine
from tests.portal.devices.test_tokens import kiosk as machine  # noqa: F401 - a fixture
from tests.portal.kiosks.test_kiosk_api import Kiosk, kiosk  # noqa: F401 - a fixture

AT_ONCE = 20
WISH = {"kind": "resident-record", "options": {"scope": "self", "relation": "yes", "domicile": "no"}, "copies": 1}


def together(act: Callable[[int], Any], times: int = AT_ONCE) -> list[Any]:
    """What each of *times* threads got that began at one instant."""
    barrier = Barrier(times)

    def run(number: int) -> Any:
        barrier.wait(PATIENCE)
        return act(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def count(database: Database, table: type[Any], **facts: Any) -> int:
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(table).filter_by(**facts)) or 0


def test_one_key_is_one_order(kiosk: Kiosk, database: Database) -> None:  # noqa: F811
    session, _welcome = kiosk.greet("hanako")
    answers = together(lambda _: kiosk.post(f"/sessions/{session}/orders", WISH, key="the same"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert count(database, CertificateOrder) == 1


def test_one_coin_pays_once_and_either_paper_or_refund(kiosk: Kiosk, database: Database) -> None:  # noqa: F811
    session, _welcome = kiosk.greet("hanako")
    order = kiosk.order(session)
    coin = {"amount": order["fee"], "method": "cash", "receipt": str(uuid4()), "owner": order["owner"]}
    paid = together(lambda _: kiosk.post(f"/orders/{order['order']}/paid", coin).status_code)
    assert set(paid) == {200}
    assert count(database, CertificatePayment) == 1
    paper = kiosk.get(f"/orders/{order['order']}/document", **{"X-Order-Owner": order["owner"]})
    assert paper.status_code == 200
    ends = _ends(kiosk, order)
    assert len({state for status, state in ends if status == 200}) == 1
    assert {status for status, _state in ends} <= {200, 409}


def _ends(kiosk: Kiosk, order: dict[str, Any]) -> list[tuple[int, str]]:  # noqa: F811
    def end(number: int) -> tuple[int, str]:
        if number % 2:
            answer = kiosk.post(f"/orders/{order['order']}/printed", {"job": "job-1", "owner": order["owner"]})
        else:
            body = {"reason": "stopped", "refunded": True, "kept": 0, "owner": order["owner"]}
            answer = kiosk.post(f"/orders/{order['order']}/failed", body)
        return answer.status_code, (answer.json or {}).get("state", "")

    return together(end)


def test_one_assertion_is_one_token(machine: Machine) -> None:  # noqa: F811
    assertion = machine.assertion()
    assert Counter(together(lambda _: machine.ask(assertion).status_code)) == {200: 1, 401: AT_ONCE - 1}


def test_of_many_guesses_at_once_nine_are_checked(app: Flask, cast_residents: None) -> None:
    visitors = [Visitor(app, address=f"192.0.2.{number}") for number in range(AT_ONCE)]
    doors = [visitor.get("/sign-in") for visitor in visitors]

    def guess(number: int) -> int:
        wrong = {"login_id": cast.HANAKO.login_id, "password": "wrong"}
        return visitors[number].post("/sign-in", wrong, page=doors[number]).status

    assert Counter(together(guess)) == {422: 9, 429: AT_ONCE - 9}


def test_one_press_too_many_is_one_draft(app: Flask, database: Database, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    cookies = {name: hanako.client.get_cookie(name) for name in ("__Host-portal", "__Host-visitor")}
    token = hanako.get("/account").csrf_token

    def press(_number: int) -> int:
        client = app.test_client()
        for name, cookie in cookies.items():
            client.set_cookie(name, cookie.value if cookie else "", secure=True)
        return client.post("/procedures/child-allowance/start", data={"csrf_token": token}).status_code

    assert set(together(press)) == {303}
    assert count(database, Application, procedure="child-allowance") == 1
