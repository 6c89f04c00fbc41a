"""Codes from paper at the machine: whose they become, once whatever happens to the line, and how often one may guess."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.reference import new_reference
from portal.core.uow import Database
from portal.demo import cast
from portal.devices import service as devices
from portal.points.paper import rules
from portal.points.paper import service as paper
from portal.points.programmes.rules import Unit
from portal.web import throttle
from portal.web.hall import Hall
from portal.web.throttle import TooManyTries
from tests.portal.kiosks.test_kiosk_api import KIOSK, Kiosk, code
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, PARK, programme
from tests.portal.points.test_spending import balance


@pytest.fixture
def codes(kiosk: Kiosk, database: Database) -> list[str]:
    """A sheet of the portal's own, for a programme that gives 50 points a time."""
    hall: Hall = kiosk.app.extensions["portal"]
    programme(database, unit=Unit.ACT, points=50)
    with database.command("sheet") as session:
        last = clock.today() + timedelta(days=30)
        return paper.make(session, ONE, hall.key(paper.KEY), programme=PARK, count=4, last_day=last)[1]


def test_a_code_is_whoevers_card_is_there_and_counts_once(
    kiosk: Kiosk,
    codes: list[str],
    database: Database,
) -> None:
    hers, _welcome = kiosk.greet("hanako")
    answers = [kiosk.post(f"/sessions/{hers}/codes", {"code": codes[0]}, key="scan") for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201], "the line was lost, and the machine asked again"
    assert answers[0].json == answers[1].json == {"points": 50, "balance": 50}
    again, _welcome = kiosk.greet("hanako")
    assert code(kiosk.post(f"/sessions/{again}/codes", {"code": codes[0]})) == rules.CodeYours.code
    his, _welcome = kiosk.greet("taro")
    refused = kiosk.post(f"/sessions/{his}/codes", {"code": codes[0]})
    assert (refused.status_code, code(refused)) == (422, rules.CodeUnknown.code)
    assert codes[0] not in refused.text
    assert (balance(database), balance(database, cast.TARO)) == (50, 0)
    assert wrong(database) == []


def test_without_a_card_or_after_it_left_a_code_stays_as_it_was(
    kiosk: Kiosk,
    codes: list[str],
    database: Database,
) -> None:
    session, _challenge = kiosk.open()
    assert code(kiosk.post(f"/sessions/{session}/codes", {"code": codes[0]})) == "card-needed"
    hers, _welcome = kiosk.greet("hanako")
    kiosk.post(f"/sessions/{hers}/end", {})
    assert code(kiosk.post(f"/sessions/{hers}/codes", {"code": codes[0]})) == "session-expired"
    his, _welcome = kiosk.greet("taro")
    assert kiosk.post(f"/sessions/{his}/codes", {"code": codes[0]}).status_code == 201
    assert balance(database) == 0


def test_guessing_ends_for_the_card_and_for_the_machine(
    kiosk: Kiosk,
    codes: list[str],
    database: Database,
) -> None:
    hers, _welcome = kiosk.greet("hanako")
    tried = [code(kiosk.post(f"/sessions/{hers}/codes", {"code": new_reference()})) for _ in range(rules.TRIES + 1)]
    assert tried == [rules.CodeUnknown.code] * rules.TRIES + [TooManyTries.code]
    assert code(kiosk.post(f"/sessions/{hers}/codes", {"code": codes[0]})) == TooManyTries.code
    his, _welcome = kiosk.greet("taro")
    for right in codes:
        assert kiosk.post(f"/sessions/{his}/codes", {"code": right}).status_code == 201, "right ones are not counted"
    with kiosk.app.app_context(), database.command("other people's wrong ones") as session:
        machine = str(devices.known(session, KIOSK).id)
        for _ in range(rules.MACHINE_TRIES - rules.TRIES):
            throttle.guard(session, "paper-code-machine", machine, limit=rules.MACHINE_TRIES)
    assert code(kiosk.post(f"/sessions/{his}/codes", {"code": new_reference()})) == TooManyTries.code


@pytest.mark.parametrize("rubbish", ["", "é", "\x00", "GENK-1000-0018", "9" * 60])
def test_what_is_no_code_is_refused_without_a_bug(kiosk: Kiosk, rubbish: str) -> None:
    session, _welcome = kiosk.greet("hanako")
    assert code(kiosk.post(f"/sessions/{session}/codes", {"code": rubbish})) == rules.CodeUnknown.code
