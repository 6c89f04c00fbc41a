"""An enrolled terminal gets its role's keys and no other, for itself alone, until they are too old or taken back."""

import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from card_reader.key_store import BadKeyStore, KeyMissing
from card_reader.machine_sign_in import SignInRefused
from card_reader.sessions.city_names import Role as CardRole
from card_reader.simulator.card import DirectConnection
from card_reader.stop_list import BadStopList, read_revoked, read_stop_list
from card_reader.terminal import Terminal, Verdict
from card_reader.terminal_keys import KEYS, WRAPPING, DeliveredKeys
from card_reader.terminal_watch import NewestList
from card_reader.writer_keys import FileVault, destroy
from portal.cards.models import CityCard
from portal.cards.terminals import rules, service
from portal.cards.terminals.models import CardTerminal
from portal.cards.terminals.rules import Keeper, Role
from portal.core import clock
from portal.core.permissions import Role as Job
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.devices import service as devices
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.portal.cards.desk import TERMINAL, Line, StopLists, Window

PLACE = "中央図書館 1階"


@pytest.fixture
def operator(staff_client: StaffClient) -> Visitor:
    return staff_client(Job.OPERATOR)


@pytest.fixture
def delivered(line: Line, tmp_path: Path) -> DeliveredKeys:
    """The key store of the library's terminal, whose line fetches into it; its clock is the city's."""
    keys = DeliveredKeys(tmp_path / "terminal", TERMINAL, CardRole.LIBRARY, line.city.key, clock.now)
    line.city.keys = keys
    return keys


@pytest.fixture
def enrolled(with_writer: None, operator: Visitor, delivered: DeliveredKeys, line: Line) -> DeliveredKeys:
    page = operator.get("/staff/terminals")
    operator.submit(page, "/staff/terminals", terminal=TERMINAL, role="library", place=PLACE)
    line.city.exchange()
    return delivered


def test_a_terminal_has_the_keys_of_its_role_alone_and_wrapped_on_its_disk(
    enrolled: DeliveredKeys, vault: FileVault, operator: Visitor, tmp_path: Path
) -> None:
    card = bytes(10)
    assert enrolled.card_keys(CardRole.LIBRARY, card) == vault.card_keys(CardRole.LIBRARY, card)
    assert enrolled.kvns() == [CardRole.LIBRARY]
    with pytest.raises(KeyMissing):
        enrolled.card_keys(CardRole.SPORTS, card)
    master = vault.master(CardRole.LIBRARY)
    for name in (KEYS, WRAPPING):
        file = tmp_path / "terminal" / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert master.hex() not in file.read_text().lower()
    page = operator.get("/staff/terminals")
    assert PLACE in page.text
    assert "待っています" not in page.text
    _elsewhere_they_open_nothing(enrolled, tmp_path / "terminal")


def _elsewhere_they_open_nothing(enrolled: DeliveredKeys, folder: Path) -> None:
    """Too late, for another terminal or role, of another city, changed, or readable by others."""
    city, now = enrolled._city_key, clock.now
    others = [
        DeliveredKeys(folder, TERMINAL, CardRole.LIBRARY, city, lambda: clock.now() + timedelta(days=8)),
        DeliveredKeys(folder, "gym-1", CardRole.LIBRARY, city, now),
        DeliveredKeys(folder, TERMINAL, CardRole.SPORTS, city, now),
        DeliveredKeys(folder, TERMINAL, CardRole.LIBRARY, lambda: bytes(32), now),
    ]
    assert [other.kvns() for other in others] == [[]] * 4
    assert others[0].needs(["11"])
    text = (folder / KEYS).read_text()
    (folder / KEYS).write_text(text[:-6] + "AAAAAA")
    assert enrolled.kvns() == []
    (folder / KEYS).write_text(text)
    assert enrolled.kvns() == [CardRole.LIBRARY]
    (folder / KEYS).chmod(0o644)
    assert enrolled.kvns() == []


def test_a_stolen_terminal_gets_no_keys_and_erases_those_it_has(
    enrolled: DeliveredKeys, line: Line, operator: Visitor, stops: StopLists, database: Database, tmp_path: Path
) -> None:
    headers = line.city._sign_in.headers()  # a token of before
    assert TERMINAL not in stops.fetch().terminals
    operator.submit(operator.get(f"/staff/terminals/{TERMINAL}/revoke"), f"/staff/terminals/{TERMINAL}/revoke")
    answer = stops.client.get("/api/v1/cards/terminal", headers=headers)
    visit = {"card": "ab" * 10, "service": "library", "at": "2026-11-01T10:00:00+09:00"}
    for refused in (answer, stops.post([visit])):
        assert (refused.status_code, refused.get_json()["code"]) == (403, "card-terminal-revoked")
    line.city.exchange()
    assert (enrolled.kvns(), line.city.trouble) == ([], "no-role")
    assert not (tmp_path / "terminal" / KEYS).exists()
    assert not (tmp_path / "terminal" / WRAPPING).exists()
    with database.command("test") as session:  # shut out altogether: others can still tell it
        service.give_role(session, TERMINAL, Role.LIBRARY, PLACE)
        assert service.revoked_names(session) == []
        devices.revoke(session, TERMINAL)
        assert service.revoked_names(session) == [TERMINAL]
    assert stops.client.get("/api/v1/cards/terminal", headers=headers).status_code == 401


def test_a_machine_that_is_shut_out_is_told_so_by_the_city_and_erases_its_keys(
    enrolled: DeliveredKeys, line: Line, operator: Visitor, stops: StopLists, database: Database, tmp_path: Path
) -> None:
    """At /staff/clients; it has no token any more, so the list that tells it is open to all, and names no card."""
    before = stops.client.get("/api/v1/cards/revoked-terminals").get_data(as_text=True)
    line.city._sign_in.forget()
    key = (tmp_path / "terminal" / "city.key").read_text()
    with database.command("test") as session:
        devices.revoke(session, TERMINAL)
    (tmp_path / "terminal" / "city.key").write_text("00" * 32)
    with pytest.raises(SignInRefused):  # whoever else says so is not believed
        line.city.exchange()
    (tmp_path / "terminal" / "city.key").write_text(key)
    assert enrolled.kvns() == [CardRole.LIBRARY]
    with pytest.raises(SignInRefused):
        line.city.exchange()
    assert (enrolled.kvns(), line.city.trouble) == ([], "refused")
    assert not (tmp_path / "terminal" / WRAPPING).exists()
    now = stops.client.get("/api/v1/cards/revoked-terminals").get_data(as_text=True)
    assert [read_revoked(text, bytes.fromhex(key))[1] for text in (before, now)] == [set(), {TERMINAL}]
    with pytest.raises(BadStopList):
        read_stop_list(now, bytes.fromhex(key))


def test_a_terminal_that_is_started_for_another_role_is_told_so_and_keeps_its_keys(
    enrolled: DeliveredKeys, line: Line, tmp_path: Path
) -> None:
    line.city.keys = DeliveredKeys(tmp_path / "terminal", TERMINAL, CardRole.SPORTS, line.city.key, clock.now)
    line.city.exchange()
    assert (line.city.keys.kvns(), line.city.trouble) == ([], "other-role")
    line.city.keys = enrolled
    line.city.exchange()
    assert (enrolled.kvns(), line.city.trouble) == ([CardRole.LIBRARY], "")


def test_a_copied_client_key_fetches_nothing_with_a_key_of_its_own(
    enrolled: DeliveredKeys, line: Line, operator: Visitor, tmp_path: Path
) -> None:
    (tmp_path / "terminal" / WRAPPING).unlink()
    (tmp_path / "terminal" / KEYS).unlink()
    line.city.exchange()
    assert (enrolled.kvns(), line.city.trouble) == ([], "new-key")
    page = operator.get("/staff/terminals")
    operator.submit(page, "/staff/terminals", terminal=TERMINAL, role="library", place=PLACE)
    line.city.exchange()
    assert enrolled.kvns() == [CardRole.LIBRARY]
    _no_order_is_refused(line)


def _no_order_is_refused(line: Line) -> None:
    offer = line.city._ask("GET", "/api/v1/cards/terminal").json()
    stranger = ECKey.generate_key("P-256").as_dict(private=False)
    public = {name: stranger[name] for name in ("kty", "crv", "x", "y")}
    changed: list[dict[str, Any]] = [
        {"order": "00" * 40}, {"order": offer["order"][:-2] + "00"}, {"public_key": public | {"x": "A" * 43}},
        {"public_key": public | {"d": "A" * 43}}, {"order": offer["versions"][0]},
    ]  # fmt: skip
    for change in changed:
        body = {"order": offer["order"], "public_key": public} | change
        with pytest.raises(httpx.HTTPStatusError) as refused:
            line.city._ask("POST", "/api/v1/cards/role-keys", body, {"Idempotency-Key": json.dumps(change)[:40]})
        assert refused.value.response.status_code in (409, 422)


def test_keys_are_renewed_terminals_and_cards_change_over_and_the_old_ones_end(
    enrolled: DeliveredKeys,
    line: Line,
    window: Window,
    database: Database,
    worker: Worker,
    vault: FileVault,
    operator: Visitor,
) -> None:
    window.issue(database, "library", library="77")

    def reading() -> Verdict:
        lists = NewestList(line.city.stop_list, line.city.key)
        terminal = Terminal(CardRole.LIBRARY, enrolled, "LIB-0007", lists.read, clock.now)
        return terminal.read(DirectConnection(window.reader.card)).verdict

    operator.submit(operator.get("/staff/terminals/keys/library/renew"), "/staff/terminals/keys/library/renew/31")
    assert vault.master(0x31) != vault.master(0x11)
    line.city.exchange()
    assert enrolled.kvns() == [0x11, 0x31]
    assert reading() is Verdict.WELCOME  # a card of before
    assert window.write(window.page(database))[0] == 200
    with database.command("test") as session:
        assert session.scalars(select(CityCard.role_keys)).one() == "library 31 11"
    assert reading() is Verdict.WELCOME
    again = operator.get("/staff/terminals/keys/library/end")
    operator.submit(again, "/staff/terminals/keys/library/end/11")
    assert operator.submit(again, "/staff/terminals/keys/library/end/11").status == 409
    worker.run_pending()
    assert 0x11 not in vault.kvns()
    line.city.exchange()
    assert enrolled.kvns() == [0x31]
    assert reading() is Verdict.WELCOME
    window.write(window.page(database))
    with database.command("test") as session:
        assert session.scalars(select(CityCard.role_keys)).one() == "library 31"
        assert session.scalars(select(CardTerminal.versions)).one() == "31"


def test_the_citys_own_keys_are_renewed_and_no_card_is_left_behind(
    window: Window, database: Database, vault: FileVault, operator: Visitor
) -> None:
    window.issue(database, "library", library="77")
    renew, end = (f"/staff/terminals/keys/issuer/{what}" for what in ("renew", "end"))
    operator.submit(operator.get(renew), f"{renew}/30")
    page = operator.get(end)
    assert operator.submit(page, f"{end}/10").status == 409  # the card was at no window yet
    assert window.write(window.page(database))[0] == 200
    assert {0x10, 0x30} <= set(window.reader.kvns())
    assert operator.submit(page, f"{end}/10").status == 200
    assert window.write(window.page(database))[0] == 200
    assert 0x10 not in window.reader.kvns()
    assert 0x10 in vault.kvns()  # the portal cannot destroy it; its operators can, but not the last one
    destroy(vault, "10")
    with pytest.raises(BadKeyStore):
        destroy(vault, "30")


def test_keys_of_years_ago_never_come_back_under_their_number(database: Database) -> None:
    """The fourth keys of a role have the number of the first."""
    with database.command("test") as session:
        for made in (False, True):  # of a try that was cut off: the writer has them already
            version = rules.next_version(Keeper.WRITER, service.versions_of(session, Keeper.WRITER).current)
            service.rotate(session, Keeper.WRITER, version, made=made)
            service.end_former(session, Keeper.WRITER, service.versions_of(session, Keeper.WRITER).former)
        assert service.rotated(session) == {"writer": ["61"]}
        with pytest.raises(rules.OldKeysLeft):
            service.rotate(session, Keeper.WRITER, "21", made=False)
        service.rotate(session, Keeper.WRITER, "21", made=True)
        service.end_former(session, Keeper.WRITER, "61")
        assert service.rotated(session) == {"writer": ["21"]}  # cards are told to lose the third
        assert service.on_cards(session) == "writer/3 21"  # not what a card says that slept since the first


def test_roles_are_given_and_keys_renewed_by_operators_only(
    enrolled: DeliveredKeys, staff_client: StaffClient, operator: Visitor
) -> None:
    watcher = staff_client(Job.SECURITY_MANAGER)
    page = watcher.get("/staff/terminals")
    assert PLACE in page.text
    assert not list(page.find("form", action="/staff/terminals"))
    wrong = operator.submit(operator.get("/staff/terminals"), "/staff/terminals", terminal="x", role="x", place="")
    assert wrong.status == 422
    assert Role.LIBRARY in wrong.text
    assert operator.get("/staff/terminals/keys/library/end").status == 409
    assert operator.get("/staff/terminals/keys/paint/renew").status == 404
