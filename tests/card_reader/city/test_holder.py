"""What the holder has: a PIN with three tries, and the record of who looked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from card_reader.connection import pin_tries_left, select_file, verify_pin
from card_reader.errors import PinBlocked, PinWrong, StatusError, Sw
from card_reader.sessions import city_names as names
from card_reader.sessions.city import CitySession
from card_reader.sessions.city_entry import Visit
from card_reader.sessions.city_names import Op, Role, Service
from card_reader.simulator.card import DirectConnection, SimulatedCard
from tests.card_reader.city.conftest import KEYS, CardStore, entry, opened
from tests.card_reader.city.test_writing import CutStore
from tests.card_reader.conftest import HANAKO
from tests.card_reader.counting import status
from tests.card_reader.test_card_memory import PowerCut

PIN = HANAKO.city_pin.encode()
AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


def holder(card: DirectConnection) -> CitySession:
    session = CitySession(card)
    session.verify_pin(bytearray(PIN))
    return session


def test_three_wrong_pins_block_the_log_and_not_the_services(card: DirectConnection) -> None:
    session = CitySession(card)
    for left in (2, 1):
        with pytest.raises(PinWrong) as wrong:
            session.verify_pin(bytearray(b"0000"))
        assert wrong.value.tries_left == left == session.tries_left()
    for secret in (b"0000", PIN):
        with pytest.raises(PinBlocked):
            session.verify_pin(bytearray(secret))
    assert session.tries_left() == 0
    assert opened(card, Role.LIBRARY).read(Service.LIBRARY)


def test_the_status_words_of_the_pin(card: DirectConnection) -> None:
    CitySession(card)
    assert status(card, "00200080") == 0x6986  # no file chosen
    status(card, "00A4020C020011")
    assert status(card, "00200080") == 0x63C3
    words = [status(card, "002000800430303030") for _ in range(4)]
    assert words == [0x63C2, 0x63C1, 0x63C0, 0x6983]
    assert status(card, "00200080") == 0x63C0


def test_asking_is_free_and_the_right_pin_restores_the_tries(card: DirectConnection) -> None:
    session = CitySession(card)
    with pytest.raises(PinWrong):
        session.verify_pin(bytearray(b"0000"))
    assert {session.tries_left() for _ in range(20)} == {2}
    session.verify_pin(bytearray(PIN))
    assert session.tries_left() == 3


@pytest.mark.parametrize("written", [True, False])
def test_a_power_cut_wins_no_guess(written: bool) -> None:
    store = CutStore(1, written=written)
    with pytest.raises(PowerCut):
        CitySession(DirectConnection(SimulatedCard(store))).verify_pin(bytearray(b"0000"))
    assert CitySession(DirectConnection(SimulatedCard(store))).tries_left() == (2 if written else 3)


def test_the_holder_chooses_another_pin(card: DirectConnection) -> None:
    session = CitySession(card)
    session.change_pin(bytearray(PIN), bytearray(b"8642"))
    with pytest.raises(PinWrong):
        session.verify_pin(bytearray(PIN))
    session.verify_pin(bytearray(b"8642"))
    with pytest.raises(PinWrong):
        session.change_pin(bytearray(PIN), bytearray(b"1111"))


@pytest.mark.parametrize("new", [b"", b"123", b"12345", b"12a4", "１２３４".encode()])
def test_an_impossible_new_pin_is_refused(card: DirectConnection, new: bytes) -> None:
    session = CitySession(card)
    with pytest.raises(StatusError) as refused:
        session.change_pin(bytearray(PIN), bytearray(new))
    assert refused.value.status == Sw.WRONG_DATA
    session.verify_pin(bytearray(PIN))


def test_without_the_old_pin_there_is_no_new_one(card: DirectConnection) -> None:
    CitySession(card).tries_left()
    assert status(card, "0024018004" + b"8642".hex()) == 0x6982


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("written", [True, False])
def test_a_torn_change_leaves_one_pin_that_works(at: int, written: bool) -> None:
    store = CutStore(at, written=written)
    with pytest.raises(PowerCut):
        CitySession(DirectConnection(SimulatedCard(store))).change_pin(bytearray(PIN), bytearray(b"8642"))
    again = CitySession(DirectConnection(SimulatedCard(store)))
    again.verify_pin(bytearray(b"8642" if (at, written) == (3, True) else PIN))


def test_the_log_names_role_operation_and_object_newest_first(card: DirectConnection) -> None:
    opened(card, Role.LIBRARY).read(Service.LIBRARY)
    opened(card, Role.WRITER).write(entry())
    visit = Visit("GYM-0042", AT)
    CitySession(card).open(KEYS, Role.SPORTS, visit).read(Service.SPORTS)
    log = holder(card).log()
    assert [(record.kvn, record.op, record.tag) for record in log] == [
        (0x12, Op.READ, 0xFF62),
        (0x21, Op.WRITTEN, 0xFF61),
        (0x11, Op.READ, 0xFF61),
    ]
    assert (log[0].terminal, log[0].at) == ("GYM-0042", AT)
    assert (log[2].terminal, log[2].at) == ("", None)
    assert [record.number for record in log] == [3, 2, 1]


def test_the_kvn_is_the_first_byte_of_a_record(card: DirectConnection) -> None:
    opened(card, Role.AMBULANCE).read(Service.EMERGENCY)
    holder(card)
    status(card, "00A4020C0200F1")
    record, word = card.transmit(bytes.fromhex("00B2010400"))
    assert (word, record.hex()) == (0x9000, "1501ff65" + "00" * 12 + "00000001")


def test_a_visit_of_the_writer_is_one_record_for_all_it_read_and_one_for_all_it_wrote(card: DirectConnection) -> None:
    """Three visits to a window leave what the library did before them in the log."""
    opened(card, Role.LIBRARY).read(Service.LIBRARY)
    channel = opened(card, Role.WRITER)
    for number, held in enumerate(channel.read_all()[:3], start=1):
        channel.write(replace(held, version=held.version + 1, transaction=bytes(7) + bytes((number,))))
    assert [(record.kvn, record.op, record.tag, record.number) for record in holder(card).log()] == [
        (0x21, Op.WRITTEN, names.SEVERAL, 3), (0x21, Op.READ, names.SEVERAL, 2), (0x11, Op.READ, Service.LIBRARY, 1),
    ]  # fmt: skip


def test_the_log_keeps_the_last_twenty(card: DirectConnection) -> None:
    channel = opened(card, Role.LIBRARY)
    for _ in range(25):
        channel.read(Service.LIBRARY)
    log = holder(card).log()
    assert [record.number for record in log] == list(range(25, 5, -1))


@pytest.mark.parametrize("prepare", ["nothing", "wrong pin", "wrong pin after the right one", "reset", "channel"])
def test_nobody_else_reads_the_log(card: DirectConnection, prepare: str) -> None:
    opened(card, Role.LIBRARY).read(Service.LIBRARY)
    session = CitySession(card)
    if "right" in prepare or prepare in ("reset", "channel"):
        session.verify_pin(bytearray(PIN))
    if "wrong" in prepare:
        with pytest.raises(PinWrong):
            session.verify_pin(bytearray(b"0000"))
    if prepare == "reset":
        session = CitySession(card)
    if prepare == "channel":  # a role proves itself, and then whoever comes after it is not the holder
        session.open(KEYS, Role.LIBRARY)
        status(card, "00200080")
    with pytest.raises(StatusError) as refused:
        session.log()
    assert refused.value.status == Sw.SECURITY_STATUS_NOT_SATISFIED


@pytest.mark.parametrize("role", list(Role))
def test_of_the_roles_the_portal_and_the_issuer_read_the_log(card: DirectConnection, role: Role) -> None:
    opened(card, Role.LIBRARY).read(Service.LIBRARY)
    channel = opened(card, role)
    if role in (Role.PORTAL, Role.ISSUER):
        assert [record.kvn for record in channel.log()] == [0x11]
        return
    with pytest.raises(StatusError) as refused:
        channel.log()
    assert refused.value.status == Sw.SECURITY_STATUS_NOT_SATISFIED


def test_the_pin_in_a_channel_answers_with_its_tries_under_protection(card: DirectConnection) -> None:
    channel = opened(card, Role.LIBRARY)._connection
    select_file(channel, names.HOLDER_PIN)
    with pytest.raises(PinWrong) as wrong:
        verify_pin(channel, bytearray(b"0000"))
    assert wrong.value.tries_left == 2 == pin_tries_left(channel)
    verify_pin(channel, bytearray(PIN))
    assert status(card, "00A4020C0200F1") == 0x9000  # outside the channel, so channel and PIN are gone
    assert status(card, "00B2010400") == 0x6982


def test_a_read_is_on_record_before_its_answer_leaves() -> None:
    class Cut(CardStore):
        def save(self, content: dict[str, Any]) -> None:
            super().save(content)
            raise PowerCut

    store = Cut()
    with pytest.raises(PowerCut):
        opened(DirectConnection(SimulatedCard(store)), Role.LIBRARY).read(Service.LIBRARY)
    assert store.city["log"][0].startswith("1101ff61")


def test_records_that_are_not_there(card: DirectConnection) -> None:
    holder(card)
    status(card, "00A4020C0200F1")
    assert status(card, "00B2010400") == 0x6A83
    assert status(card, "00B2000400") == 0x6A83
    assert status(card, "00B2010000") == 0x6A86
    status(card, "00A4020C020001")
    assert status(card, "00B2010400") == 0x6981
    assert status(card, "00A4020C020002") == 0x6A82
