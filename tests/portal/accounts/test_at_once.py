"""What two people, or one person twice, do to an account at the same instant: one of them wins, the others are told."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from sqlalchemy import func, select, text
from webauthn.helpers import bytes_to_base64url

from portal.accounts import passkeys, service
from portal.accounts.models import Account, CardEnrolment, Passkey
from portal.accounts.passkeys import Site
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.ids import ResidentId, new_id
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.load import load_city
from portal.residents import service as residents
from tests.house.test_at_the_same_instant import together
from tests.portal.accounts.authority import Authority, new_key

SITE = Site("localhost", "http://localhost", "city")
AT_ONCE = 8


def outcome(act: Callable[[], object]) -> str:
    """ "done", or the code of the refusal; anything else is a bug."""
    try:
        act()
    except Refusal as refused:
        return refused.code
    return "done"


def person(database: Database, someone: cast.Resident) -> ResidentId:
    with database.command("find") as session:
        found = residents.find_by_number(session, someone.addressee_number)
    assert found
    return found.resident_id


def new_passkey(challenge: str) -> dict[str, object]:
    """What an authenticator answers to a registration (WebAuthn 5.1.3), attestation "none"."""
    numbers = generate_private_key(SECP256R1()).public_key().public_numbers()
    key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
    credential_id = secrets.token_bytes(32)
    said = {"type": "webauthn.create", "challenge": challenge, "origin": SITE.origin}
    flags, count = bytes([0x45]), bytes(4)  # present, verified, with a key
    site = hashlib.sha256(SITE.host.encode()).digest()
    data = site + flags + count + bytes(16) + len(credential_id).to_bytes(2, "big") + credential_id + key
    answer = {
        "clientDataJSON": bytes_to_base64url(json.dumps(said).encode()),
        "attestationObject": bytes_to_base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
    }
    name = bytes_to_base64url(credential_id)
    return {"id": name, "rawId": name, "type": "public-key", "response": answer}


def test_of_many_passkeys_added_at_once_ten_are_kept(database: Database, cast_residents: None) -> None:
    hanako = person(database, cast.HANAKO)
    with database.command("nine passkeys") as session:
        for number in range(passkeys.MOST - 1):
            facts = {"credential_id": bytes([number]), "public_key": b"x", "sign_count": 0, "name": ""}
            session.add(Passkey(id=new_id(), resident_id=hanako, created_at=clock.now(), **facts))
    answers = []
    for number in range(AT_ONCE):
        with database.command("options") as session:
            options = passkeys.options_to_register(
                session, session.get_one(Account, hanako), SITE, binding=f"browser {number}"
            )
        answers.append(new_passkey(json.loads(options)["challenge"]))

    def register(number: int) -> str:
        def act() -> None:
            with database.page(Actor(Kind.RESIDENT, hanako), Purpose.ACCOUNT, writes=True) as session:
                account = session.get_one(Account, hanako)
                binding = f"browser {number}"
                passkeys.register(session, account, SITE, answers[number], binding=binding, name="")

        return outcome(act)

    assert Counter(together(register, AT_ONCE)) == {"done": 1, "too-many-passkeys": AT_ONCE - 1}
    with database.command("look") as session:
        assert len(passkeys.passkeys_of(session, hanako)) == passkeys.MOST


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority("TEST CA 架空")
    made.publish(tmp_path)
    return made


def enrol_at_once(database: Database, ca_file: Path, wishes: list[tuple[ResidentId, bytes]]) -> Counter[str]:
    def enrol(number: int) -> str:
        whose, certificate = wishes[number]

        def act() -> None:
            with database.command("enrol") as session:
                service.enrol_card(session, whose, certificate, ca_file)

        return outcome(act)

    return Counter(together(enrol, len(wishes)))


def valid_cards(database: Database, whose: ResidentId) -> int:
    with database.command("look") as session:
        return len(service.cards_of(session, whose))


def test_one_card_enrolled_many_times_at_once_is_one_enrolment(
    database: Database, cast_residents: None, authority: Authority, tmp_path: Path
) -> None:
    hanako, card = person(database, cast.HANAKO), authority.issue("card", new_key())
    ends = enrol_at_once(database, tmp_path / "ca.pem", [(hanako, card.der)] * AT_ONCE)
    assert ends == {"done": AT_ONCE}
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(CardEnrolment)) == 1


def test_one_card_for_two_people_at_once_stands_for_one(
    database: Database, cast_residents: None, authority: Authority, tmp_path: Path
) -> None:
    people, card = [person(database, one) for one in (cast.HANAKO, cast.TARO)], authority.issue("card", new_key())
    ends = enrol_at_once(database, tmp_path / "ca.pem", [(one, card.der) for one in people * (AT_ONCE // 2)])
    assert ends == {"done": AT_ONCE // 2, "card-of-somebody-else": AT_ONCE // 2}
    assert sorted(valid_cards(database, one) for one in people) == [0, 1]


def test_two_cards_of_one_person_at_once_leave_one(
    database: Database, cast_residents: None, authority: Authority, tmp_path: Path
) -> None:
    hanako, key = person(database, cast.HANAKO), new_key()
    cards = [authority.issue("card", key).der for _ in range(AT_ONCE)]
    ends = enrol_at_once(database, tmp_path / "ca.pem", [(hanako, card) for card in cards])
    assert ends == {"done": AT_ONCE}
    assert valid_cards(database, hanako) == 1


def test_who_is_refused_keeps_the_card_of_before(
    database: Database, cast_residents: None, authority: Authority, tmp_path: Path
) -> None:
    """The refusal is shown on the page of the window, whose transaction counts: nothing may have ended in it."""
    hanako, taro = person(database, cast.HANAKO), person(database, cast.TARO)
    ca_file, key = tmp_path / "ca.pem", new_key()
    old, wanted = authority.issue("old", key), authority.issue("wanted", key)
    with database.command("the card of before") as session:
        service.enrol_card(session, hanako, old.der, ca_file)

    def second() -> str:
        with database.command("the other window") as session:
            return outcome(lambda: service.enrol_card(session, hanako, wanted.der, ca_file))

    with ThreadPoolExecutor(1) as pool:
        with database.command("the first window") as session:
            service.enrol_card(session, taro, wanted.der, ca_file)
            late = pool.submit(second)
            wait_for_its_turn(database)
        assert late.result(30) == "card-of-somebody-else"
    assert [valid_cards(database, one) for one in (hanako, taro)] == [1, 1]


def wait_for_its_turn(database: Database) -> None:
    """Until the other transaction waits for this one; SQLite lets it begin only afterwards."""
    if database.engine.dialect.name == "sqlite":
        return
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    end = monotonic() + 20
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(waiting):
            assert monotonic() < end, "the other window never came"


def test_one_login_id_wanted_at_once_goes_to_one_and_nobody_gets_two_accounts(database: Database) -> None:
    with database.command("people") as session:
        load_city(session, residents=0)
    people = [person(database, one) for one in (cast.HANAKO, cast.TARO)]

    def open_it(whose: ResidentId, login_id: str) -> str:
        def act() -> None:
            with database.command("open") as session:
                service.open_account(session, whose, login_id=login_id, password_hash="x")

        return outcome(act)

    ends = together(lambda number: open_it(people[number % 2], "wanted"), 2)
    assert sorted(ends) == ["done", "login-id-taken"]
    winner = people[ends.index("done")]
    loser = people[ends.index("login-id-taken")]
    ends = together(lambda number: open_it(loser, f"another-{number}"), AT_ONCE)
    assert Counter(ends) == {"done": 1, "account-exists": AT_ONCE - 1}
    assert open_it(winner, "third") == "account-exists"
