"""Hosts that look around before they are told (GlobalPlatformPro, pySim, gpshell): the card answers, and opens nothing.

The commands are those in their published logs; card_reader/README.md, "Hosts that look around first".
"""

from __future__ import annotations

import pytest

from card_reader.errors import Sw
from card_reader.sessions.city_names import AID, Role, Service
from card_reader.simulator.card import DirectConnection
from tests.card_reader.city.conftest import opened

SELECT_CITY = bytes((0x00, 0xA4, 0x04, 0x00, len(AID))) + AID
ISSUER_DOMAINS = ("A000000151000000", "A0000001510000", "A000000003000000", "A000000018434D00")
CARD_DATA = ("9F7F", "0066", "0067", "00E0", "00CF", "00C1", "0042", "0045")
OTHERS = ("80F28000024F0000", "80F24000024F0000", "0070000001", "0084000008", "80E2000000", "80E6020000")
GREETINGS = {
    **{f"00A40400{len(aid) // 2:02X}{aid}": Sw.FILE_NOT_FOUND for aid in ("", *ISSUER_DOMAINS, AID[:8].hex())},
    **dict.fromkeys((*(f"80CA{tag}00" for tag in CARD_DATA), *OTHERS), Sw.INSTRUCTION_NOT_SUPPORTED),
    "8050000008000102030405060700": Sw.REFERENCE_NOT_FOUND,
    "8050010008000102030405060700": Sw.REFERENCE_NOT_FOUND,
    "8150110008000102030405060700": Sw.CLASS_NOT_SUPPORTED,
    "C0CA9F7F00": Sw.CLASS_NOT_SUPPORTED,
}


@pytest.mark.parametrize("selected", [False, True])
def test_who_looks_around_learns_nothing_and_the_next_host_is_served(card: DirectConnection, selected: bool) -> None:
    for command, status in GREETINGS.items():
        if selected:
            assert card.transmit(SELECT_CITY) == (b"", Sw.OK)
        assert card.transmit(bytes.fromhex(command)) == (b"", status), command
        if not selected:
            card._card.forget()
    assert opened(card, Role.LIBRARY).read(Service.LIBRARY)


@pytest.mark.parametrize("greeting", ["80CA006600", "00A4040008A000000151000000", "8050110008000102030405060700"])
def test_a_greeting_ends_the_channel_of_another_host(card: DirectConnection, greeting: str) -> None:
    channel = opened(card, Role.LIBRARY)
    card.transmit(bytes.fromhex(greeting))
    with pytest.raises(Exception, match="6982"):
        channel.read(Service.LIBRARY)
