"""Who may read what: one role, one object; without a channel nothing."""

from __future__ import annotations

from datetime import date

import pytest

from card_reader import tlv
from card_reader.apdu import Command
from card_reader.connection import exchange, send
from card_reader.errors import StatusError, Sw
from card_reader.key_store import KeyMissing, MasterKeys
from card_reader.scp03 import CardNotGenuine, ChannelBroken, open_channel
from card_reader.sessions import city_names as names
from card_reader.sessions.city import CitySession, open_at_power_up
from card_reader.sessions.city_entry import Status
from card_reader.sessions.city_names import KVNS, OWN_SERVICE, Role, Service
from card_reader.simulator.card import DirectConnection, SimulatedCard
from tests.card_reader.city.conftest import KEYS, READERS, CardStore, entry, opened
from tests.card_reader.conftest import HANAKO
from tests.card_reader.counting import Counting, status

SELECT = "00A404000C F01210024F4D41544F4D4501"
INITIALIZE = "8050110008001122334455667700"


def get_data(service: int) -> str:
    return f"00CB3FFF045C02{service:04X}00"


def test_a_library_reads_its_own_id_in_four_commands(card: DirectConnection) -> None:
    counting = Counting(card)
    found = CitySession(counting).open(KEYS, Role.LIBRARY).read(Service.LIBRARY)
    assert found is not None
    assert found.id == HANAKO.services["library"]["id"]
    assert found.status is Status.ACTIVE
    assert found.usable(date(2027, 1, 1))
    assert not found.usable(date(2031, 4, 1))
    assert counting.count == 4


def test_a_shelter_checks_in_with_three_commands(card: DirectConnection) -> None:
    """The city card is what a card begins with: greeting, proof, the own id. Queues are long there (limits.md, 8)."""
    counting = Counting(card)
    found = open_at_power_up(counting, KEYS, Role.SHELTER).read(Service.SHELTER)
    assert found is not None
    assert found.id == HANAKO.services["shelter"]["id"]
    assert counting.count == 3


def test_a_card_that_begins_with_something_else_is_asked_in_the_long_way(connection: DirectConnection) -> None:
    status(connection, "00A404000AD392F000260100000001")
    counting = Counting(connection)
    assert open_at_power_up(counting, KEYS, Role.LIBRARY).read(Service.LIBRARY) is not None
    assert counting.count == 5
    with pytest.raises(CardNotGenuine):
        open_at_power_up(connection, MasterKeys({Role.LIBRARY: bytes(16)}), Role.LIBRARY)


def test_nothing_but_the_greeting_needs_no_selection(card: DirectConnection) -> None:
    for wire in (get_data(0xFF61), "00A4020C020001", "00B0000000", "8482330010" + "00" * 16, "84CB3FFF045C02FF6100"):
        assert status(card, wire) in (0x6D00, 0x6A82, 0x6E00)


@pytest.mark.parametrize("role", READERS)
def test_each_role_reads_its_own_and_nothing_else(card: DirectConnection, role: Role) -> None:
    channel = opened(card, role)
    for service in Service:
        if OWN_SERVICE[role] is service:
            assert channel.read(service) is not None
            continue
        with pytest.raises(StatusError) as refused:
            channel.read(service)
        assert refused.value.status == Sw.SECURITY_STATUS_NOT_SATISFIED


def test_the_issuer_manages_cards_and_reads_nobodys_services(card: DirectConnection) -> None:
    channel = opened(card, Role.ISSUER)
    for service in Service:
        with pytest.raises(StatusError):
            channel.read(service)


def test_own_and_foreign_in_one_list_gives_nothing(card: DirectConnection) -> None:
    channel = opened(card, Role.LIBRARY)._connection
    _, refused = exchange(channel, Command(0x80, names.GET_DATA, 0x3F, 0xFF, bytes.fromhex("5C04FF61FF62"), le=256))
    assert refused == Sw.SECURITY_STATUS_NOT_SATISFIED


def test_the_writer_reads_several_at_once(card: DirectConnection) -> None:
    channel = opened(card, Role.WRITER)._connection
    data = send(channel, Command(0x80, names.GET_DATA, 0x3F, 0xFF, bytes.fromhex("5C04FF61FF65"), le=256))
    assert [item.tag for item in tlv.parse(data)] == [0xFF61, 0xFF65]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.WRITER])
def test_only_the_writer_writes(card: DirectConnection, role: Role) -> None:
    channel = opened(card, role)
    with pytest.raises(StatusError) as refused:
        channel.write(entry())
    assert refused.value.status == Sw.SECURITY_STATUS_NOT_SATISFIED


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ISSUER])
def test_only_the_issuer_manages(card: DirectConnection, role: Role) -> None:
    channel = opened(card, role)
    for act in (channel.suspend, channel.terminate, lambda: channel.delete_keys(0x11)):
        with pytest.raises(StatusError) as refused:
            act()
        assert refused.value.status == Sw.SECURITY_STATUS_NOT_SATISFIED


def test_without_a_channel_there_is_no_telling_what_is_on_the_card(card: DirectConnection, store: CardStore) -> None:
    objects = store.city["objects"]
    del objects["FF66"]
    store.change(objects=objects)
    bare = DirectConnection(SimulatedCard(store))
    status(bare, SELECT)
    assert {status(bare, get_data(service)) for service in range(0xFF60, 0xFF70)} == {0x6982}
    secured = {status(bare, "84" + get_data(service)[2:]) for service in Service}
    assert secured == {0x6982}


def test_an_absent_entry_is_told_to_its_own_role_only(store: CardStore) -> None:
    objects = store.city["objects"]
    del objects["FF61"]
    store.change(objects=objects)
    card = DirectConnection(SimulatedCard(store))
    assert opened(card, Role.LIBRARY).read(Service.LIBRARY) is None
    with pytest.raises(StatusError):
        opened(card, Role.SPORTS).read(Service.LIBRARY)


def test_the_free_file_names_the_city_and_nobody(card: DirectConnection) -> None:
    basics = CitySession(card).basics()
    assert (basics.layout, basics.applet_version, basics.city) == (1, "1.0", "121002")
    status(card, "00A4020C020001")
    content, _ = card.transmit(bytes.fromhex("00B0000000"))
    assert content.hex() == "ff600fdf110101df12020100df1303121002"  # the same on every card of the city


def test_the_wrong_master_is_noticed_before_anything_is_told(card: DirectConnection) -> None:
    other = MasterKeys({Role.LIBRARY: bytes(16)})
    with pytest.raises(CardNotGenuine):
        opened(card, Role.LIBRARY, other)


def test_a_terminal_has_the_keys_of_its_role_only(card: DirectConnection) -> None:
    gym = MasterKeys({Role.SPORTS: bytes(16)})
    with pytest.raises(KeyMissing):
        opened(card, Role.LIBRARY, gym)


def test_a_key_of_another_role_opens_nothing(card: DirectConnection) -> None:
    CitySession(card)
    for kvn in READERS[1:]:
        with pytest.raises(CardNotGenuine):
            open_channel(card, Role.LIBRARY, lambda card_id, other=kvn: KEYS.card_keys(other, card_id))  # type: ignore[misc]


def test_the_greeting_is_that_of_scp03_with_a_random_challenge(card: DirectConnection) -> None:
    status(card, SELECT)
    first, _ = card.transmit(bytes.fromhex(INITIALIZE))
    again, _ = card.transmit(bytes.fromhex(INITIALIZE))
    assert first[:10].hex() == HANAKO.card_id
    assert first[10:13].hex() == "110360"
    assert len(first) == 29
    assert first[:13] == again[:13]
    assert first[13:21] != again[13:21]


@pytest.mark.parametrize(
    ("wire", "word"),
    [
        ("8050180008001122334455667700", 0x6A88),
        ("8050000008001122334455667700", 0x6A88),
        ("8050310008001122334455667700", 0x6A88),
        ("8050110108001122334455667700", 0x6A86),
        ("80501100070011223344556600", 0x6700),
        ("0050110008001122334455667700", 0x6E00),
        ("8482330011001122334455667788990011223344", 0x6700),
        ("848233001000112233445566778899001122334455", 0x6985),
    ],
)
def test_greetings_that_lead_nowhere(card: DirectConnection, wire: str, word: int) -> None:
    status(card, SELECT)
    assert status(card, wire) == word


@pytest.mark.parametrize("level", [0x00, 0x01, 0x03, 0x11, 0x13, 0x23, 0x30, 0x32, 0xFF])
def test_less_than_full_protection_is_refused(card: DirectConnection, level: int) -> None:
    import card_reader.scp03 as host

    def weakened(wire: bytes | bytearray) -> tuple[bytes, int]:
        return card.transmit(bytes(wire[:2]) + bytes((level,)) + bytes(wire[3:])) if wire[1] == 0x82 else plain(wire)

    status(card, SELECT)
    plain, card_like = card.transmit, type("Line", (), {"transmit": staticmethod(weakened)})()
    with pytest.raises(StatusError) as refused:
        host.open_channel(card_like, 0x11, lambda card_id: KEYS.card_keys(0x11, card_id))
    assert refused.value.status == Sw.WRONG_P1P2
    assert status(card, get_data(0xFF61)) == 0x6982


def test_failed_handshakes_never_lock_the_card(card: DirectConnection) -> None:
    status(card, SELECT)
    for _ in range(30):
        assert status(card, INITIALIZE) == 0x9000
        assert status(card, "8482330010" + "00" * 16) == 0x6988
    assert opened(card, Role.LIBRARY).read(Service.LIBRARY) is not None


def test_a_challenge_is_good_for_one_answer(card: DirectConnection) -> None:
    status(card, SELECT)
    status(card, INITIALIZE)
    assert status(card, "8482330010" + "00" * 16) == 0x6988
    assert status(card, "8482330010" + "00" * 16) == 0x6985
    status(card, INITIALIZE)
    status(card, "00A4020C020001")
    assert status(card, "8482330010" + "00" * 16) == 0x6985


@pytest.mark.parametrize("end", [SELECT, "00A404000AD392F000260100000001", "0084000008", INITIALIZE, "00B0"])
def test_the_channel_ends_with_whatever_is_not_its_own(card: DirectConnection, end: str) -> None:
    channel = opened(card, Role.LIBRARY)
    assert channel.read(Service.LIBRARY)
    card.transmit(bytes.fromhex(end))
    with pytest.raises((StatusError, ChannelBroken)):
        channel.read(Service.LIBRARY)


def test_the_channel_ends_with_the_power(store: CardStore) -> None:
    simulated = SimulatedCard(store)
    channel = opened(DirectConnection(simulated), Role.LIBRARY)
    simulated.forget()
    with pytest.raises(StatusError):
        channel.read(Service.LIBRARY)


def test_no_kvn_stands_for_two_roles() -> None:
    assert len(KVNS) == 3 * len(Role)
    assert all(0x01 <= kvn <= 0x7F for kvn in KVNS)
