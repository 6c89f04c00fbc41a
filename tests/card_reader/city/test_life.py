"""The issuer's work: suspend, resume, terminate, exchange keys, give a new PIN."""

from __future__ import annotations

import secrets

import pytest

from card_reader.apdu import Command
from card_reader.connection import exchange
from card_reader.errors import PinBlocked, PinWrong, StatusError
from card_reader.key_store import MasterKeys
from card_reader.scp03 import CardKeys, key_check_value
from card_reader.sessions import city_names as names
from card_reader.sessions.city import CityChannel, CitySession
from card_reader.sessions.city_names import Op, Role, Service
from card_reader.simulator.card import DirectConnection, SimulatedCard
from tests.card_reader.city.conftest import KEYS, READERS, CardStore, opened
from tests.card_reader.city.test_writing import CutStore
from tests.card_reader.conftest import HANAKO
from tests.card_reader.test_card_memory import PowerCut

CARD_ID = bytes.fromhex(HANAKO.card_id)
NEXT = MasterKeys({kvn: secrets.token_bytes(16) for kvn in (0x30, 0x31, 0x51, 0x32, 0x41)})


def issuer(card: DirectConnection) -> CityChannel:
    return opened(card, Role.ISSUER)


def refused(card: DirectConnection, kvn: int, keys: MasterKeys = KEYS) -> int:
    with pytest.raises(StatusError) as word:
        opened(card, kvn, keys)
    return word.value.status


def new_keys(kvn: int) -> CardKeys:
    return NEXT.card_keys(kvn, CARD_ID)


def test_a_suspended_card_serves_nobody_until_it_is_resumed(card: DirectConnection, store: CardStore) -> None:
    issuer(card).suspend()
    again = DirectConnection(SimulatedCard(store))  # the power does not undo it
    assert {refused(again, role) for role in (*READERS, Role.WRITER)} == {0x6985}
    session = CitySession(again)
    session.verify_pin(bytearray(HANAKO.city_pin.encode()))
    assert session.log()[0].op is Op.SUSPENDED
    issuer(again).resume()
    assert opened(again, Role.LIBRARY).read(Service.LIBRARY)


def test_a_terminated_card_is_empty_for_good(card: DirectConnection, store: CardStore) -> None:
    issuer(card).terminate()
    assert {refused(card, role) for role in Role} == {0x6985}
    session = CitySession(card)
    assert session.basics().city == "121002"
    with pytest.raises(StatusError):
        session.tries_left()
    with pytest.raises(StatusError):
        session.log()
    left = store.city
    assert (left["objects"], left["keys"], left["pins"], left["log"]) == ({}, {}, {}, [])


@pytest.mark.parametrize("written", [True, False])
def test_a_torn_termination_is_all_or_nothing(written: bool) -> None:
    store = CutStore(1, written=written)
    with pytest.raises(PowerCut):
        issuer(DirectConnection(SimulatedCard(store))).terminate()
    state = store.city
    assert (state["state"], bool(state["objects"]), bool(state["keys"])) == (
        ("terminated", False, False) if written else ("active", True, True)
    )


def test_two_generations_of_a_role_live_side_by_side(card: DirectConnection) -> None:
    issuer(card).put_keys(0x31, new_keys(0x31))
    for keys, kvn in ((KEYS, 0x11), (NEXT, 0x31)):
        assert opened(card, kvn, keys).read(Service.LIBRARY)
        with pytest.raises(StatusError):
            opened(card, kvn, keys).read(Service.SPORTS)
    with pytest.raises(StatusError) as full:
        issuer(card).put_keys(0x51, new_keys(0x51))
    assert full.value.status == 0x6A84
    issuer(card).delete_keys(0x11)
    assert refused(card, 0x11) == 0x6A88
    issuer(card).put_keys(0x51, new_keys(0x51))
    assert opened(card, 0x51, NEXT).read(Service.LIBRARY)
    log = issuer(card).log()
    assert [(record.op, record.tag) for record in log if record.kvn == 0x10] == [
        (Op.KEYS_PUT, 0x51), (Op.KEYS_DELETED, 0x11), (Op.KEYS_PUT, 0x31),
    ]  # fmt: skip


def test_a_key_set_is_replaced_in_one_step(card: DirectConnection) -> None:
    issuer(card).put_keys(0x31, new_keys(0x31), replacing=0x11)
    assert refused(card, 0x11) == 0x6A88
    assert opened(card, 0x31, NEXT).read(Service.LIBRARY)
    issuer(card).put_keys(0x30, new_keys(0x30), replacing=0x10)
    opened(card, 0x30, NEXT).suspend()


@pytest.mark.parametrize("written", [True, False])
def test_a_torn_exchange_leaves_one_key_set_that_works(written: bool) -> None:
    store = CutStore(1, written=written)
    with pytest.raises(PowerCut):
        issuer(DirectConnection(SimulatedCard(store))).put_keys(0x31, new_keys(0x31), replacing=0x11)
    keys = set(store.city["keys"])
    assert ("31" in keys, "11" in keys) == (written, not written)


def test_the_issuer_cannot_lock_itself_out(card: DirectConnection) -> None:
    with pytest.raises(StatusError) as word:
        issuer(card).delete_keys(0x10)
    assert word.value.status == 0x6985


@pytest.mark.parametrize(
    ("kvn", "replacing", "word"),
    [(0x11, 0, 0x6A80), (0x32, 0x11, 0x6A80), (0x31, 0x31, 0x6A88), (0x20, 0, 0x6A80), (0x00, 0, 0x6A80)],
)
def test_keys_that_do_not_fit(card: DirectConnection, kvn: int, replacing: int, word: int) -> None:
    keys = CardKeys(*(secrets.token_bytes(16) for _ in range(3)))
    with pytest.raises(StatusError) as told:
        issuer(card).put_keys(kvn, keys, replacing=replacing)
    assert told.value.status == word
    assert opened(card, Role.LIBRARY).read(Service.LIBRARY)


@pytest.mark.parametrize(
    "keys", [CardKeys(*[bytes(range(0x40, 0x50))] * 3), CardKeys(*[bytes(16)] * 3)], ids=["4F", "0"]
)
def test_well_known_and_equal_keys_are_refused(card: DirectConnection, keys: CardKeys) -> None:
    with pytest.raises(StatusError) as told:
        issuer(card).put_keys(0x31, keys)
    assert told.value.status == 0x6A80


@pytest.mark.parametrize("cut", [0, 1, 2, 20, 30, 70, 72])
def test_a_mangled_key_message_is_refused(card: DirectConnection, cut: int) -> None:
    channel = issuer(card)._connection
    keys = new_keys(0x31)
    data = b"\x31" + b"".join(b"\x88\x11\x10" + channel.wrap_key(key) + b"\x03abc" for key in (keys.enc, keys.mac))
    command = Command(0x80, names.PUT_KEY, 0, 0x81, data[:cut] or b"\x31", le=256)
    assert exchange(channel, command)[1] == 0x6A80


@pytest.mark.parametrize("form", ["8811", "8810"])
def test_a_key_that_does_not_fit_its_check_value_is_refused(card: DirectConnection, form: str) -> None:
    channel = issuer(card)._connection
    keys = new_keys(0x31)
    head = bytes.fromhex("881110" if form == "8811" else form)
    for check, word in ((b"\x03abc", 0x6A80), (None, 0x9000)):
        data = b"\x31" + b"".join(
            head + channel.wrap_key(key) + (check or b"\x03" + key_check_value(key))
            for key in (keys.enc, keys.mac, keys.dek)
        )
        assert exchange(channel, Command(0x80, names.PUT_KEY, 0, 0x81, data, le=256))[1] == word
    assert opened(card, 0x31, NEXT).read(Service.LIBRARY)


def test_the_window_gives_a_new_pin(card: DirectConnection) -> None:
    session = CitySession(card)
    for _ in range(2):
        with pytest.raises(PinWrong):
            session.verify_pin(bytearray(b"0000"))
    with pytest.raises(PinBlocked):
        session.verify_pin(bytearray(b"0000"))
    issuer(card).set_pin(bytearray(b"8642"))
    session = CitySession(card)
    assert session.tries_left() == 3
    session.verify_pin(bytearray(b"8642"))
    assert session.log()[0].op is Op.PIN_SET
