"""Who signed out holds no card any more: the bridge asks the portal whose session a page's code is."""

from datetime import timedelta

import pytest
from flask import Flask

from card_reader.loopback import Answer, LoopbackServer, Request
from card_reader.pairing import CODE, NotPaired, PortalSilent, ask_portal, check_pairing
from portal.core import clock
from portal.core.permissions import Role
from portal.web.hall import Hall
from tests import serving
from tests.browser import Visitor
from tests.conftest import ResidentClient, StaffClient

SECRET = "pairing-token-of-this-test-0123456789"
PLACE = "/api/v1/bridge/sessions/"


@pytest.fixture
def paired(app: Flask, cast_residents: None) -> None:
    hall: Hall = app.extensions["portal"]
    (hall.settings.state_dir / "bridge.pairing").write_text(SECRET)


def code_on(visitor: Visitor, path: str) -> str:
    """What a page would show the bridge."""
    page = visitor.get(path)
    shown = [one.attrib["data-pairing"] for one in page.find("form") if "data-pairing" in one.attrib]
    return shown[0]


def stands(app: Flask, code: str) -> bool:
    found = CODE.fullmatch(code)
    assert found
    said = app.test_client().get(PLACE + found[2])
    assert said.status_code == 200
    return bool(said.get_json()["signed_in"])


def test_a_code_ends_with_its_session(app: Flask, paired: None, staff_client: StaffClient) -> None:
    staff = staff_client(Role.WINDOW)
    code = code_on(staff, "/staff/window/reception")
    assert stands(app, code)
    staff.submit(staff.get("/staff/"), "/staff/sign-out")
    assert not stands(app, code)


def test_a_session_nobody_uses_any_more_ends_its_code(app: Flask, paired: None, staff_client: StaffClient) -> None:
    code = code_on(staff_client(Role.WINDOW), "/staff/window/reception")
    hall: Hall = app.extensions["portal"]
    with clock.freeze(clock.now() + timedelta(minutes=hall.settings.idle_minutes + 1)):
        assert not stands(app, code)


def test_nobody_is_signed_in_behind_a_made_up_name(app: Flask, paired: None, resident_client: ResidentClient) -> None:
    assert resident_client("hanako").get("/my-card").status == 200
    for name in ("f" * 16, "_" * 16, "%" * 16, "0" * 15 + "_"):
        assert app.test_client().get(PLACE + name).get_json() == {"signed_in": False}
    assert app.test_client().get(PLACE + "0" * 15).status_code == 404


def test_the_bridge_refuses_the_code_of_who_signed_out(app: Flask, paired: None, staff_client: StaffClient) -> None:
    staff = staff_client(Role.WINDOW)
    code, now = code_on(staff, "/staff/window/reception"), clock.machine_now().timestamp()

    def still(origin: str | None, session: str) -> bool:
        assert origin == "http://localhost"
        return bool(app.test_client().get(PLACE + session).get_json()["signed_in"])

    check_pairing(SECRET, code, now, "http://localhost", still)
    staff.submit(staff.get("/staff/"), "/staff/sign-out")
    with pytest.raises(NotPaired, match="signed out"):
        check_pairing(SECRET, code, now, "http://localhost", still)
    check_pairing(SECRET, SECRET, now, "http://localhost", still)  # typed at home by whoever owns the bridge
    with pytest.raises(NotPaired):
        check_pairing(SECRET, "wrong", now, "http://localhost", still)


def test_a_portal_that_does_not_answer_lets_nobody_in() -> None:
    answers = iter((Answer(500), Answer(200, b"no JSON"), Answer(200, b"[]"), Answer(200, b'{"signed_in": true}')))
    asked: list[str] = []

    def portal(request: Request) -> Answer:
        asked.append(request.path)
        return next(answers)

    server = LoopbackServer(0, portal)
    serving.begin(server)
    ask = ask_portal((server.url,))
    for origin in (None, server.url, None):
        with pytest.raises(PortalSilent):
            ask(origin, "a" * 16)
    assert ask(None, "a" * 16)
    serving.end(server)
    with pytest.raises(PortalSilent):
        ask(None, "a" * 16)  # nobody listens there
    assert asked == [PLACE + "a" * 16] * 4
