"""Keys of every role are renewed on a card again and again, those of writer and issuer, too; the numbers come round."""

from __future__ import annotations

from pathlib import Path

import pytest

from card_reader.errors import StatusError
from card_reader.key_store import demo_masters, to_json
from card_reader.orders import carry_out, read_order
from card_reader.sessions.city import CitySession
from card_reader.sessions.city_names import KVNS, Role, Service
from card_reader.simulator.card import DirectConnection
from card_reader.writer_keys import FileVault, destroy, write_secret
from tests.card_reader.city.conftest import CardStore
from tests.card_reader.conftest import HANAKO


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    write_secret(tmp_path / "keys.json", to_json(demo_masters()).decode())
    return FileVault(tmp_path / "keys.json")


@pytest.mark.parametrize("role", [Role.ISSUER, Role.WRITER, Role.LIBRARY])
def test_a_card_follows_its_roles_keys_round_the_circle_of_numbers(
    role: Role, card: DirectConnection, store: CardStore, vault: FileVault
) -> None:
    def rekey(*kvns: int) -> list[int]:
        keys = {role.name.lower(): [f"{kvn:02X}" for kvn in kvns]}
        carry_out(card, vault, read_order({"do": "rekey", "card": HANAKO.card_id.lower(), "keys": keys}))
        return sorted(kvn for kvn in (int(text, 16) for text in store.city["keys"]) if KVNS[kvn] is role)

    seen, former = {vault.master(role)}, int(role)
    for kvn in (role + 0x20, role + 0x40, int(role)):
        if kvn in vault.kvns():
            destroy(vault, f"{kvn:02X}")
        assert vault.make(kvn)
        assert not vault.make(kvn)
        assert rekey(kvn, former) == sorted((kvn, former))
        assert rekey(kvn, former) == sorted((kvn, former))  # told twice it is done once
        assert rekey(kvn) == [kvn]
        assert vault.master(kvn) not in seen
        seen.add(vault.master(kvn))
        former = kvn
    done = carry_out(card, vault, read_order({"do": "read"}))
    assert len(done["entries"]) == len(HANAKO.services)
    assert CitySession(card).open_role(vault, Role.LIBRARY).read(Service.LIBRARY)


def test_a_card_that_slept_through_three_renewals_is_brought_up_to_date(
    card: DirectConnection, store: CardStore, vault: FileVault
) -> None:
    """Its library key has the number of the newest, and is another."""
    for kvn in (0x31, 0x51):
        vault.make(kvn)
    destroy(vault, "11")
    vault.make(0x11)
    order = {"do": "rekey", "card": HANAKO.card_id.lower(), "keys": {"library": ["11", "51"]}}
    carry_out(card, vault, read_order(order))
    assert {"11", "51"} <= set(store.city["keys"])
    assert CitySession(card).open(vault, 0x11).read(Service.LIBRARY)
    with pytest.raises(StatusError):
        CitySession(card).open(vault, 0x31)


def test_a_key_that_was_ended_while_the_card_was_at_no_window_is_gone_after_the_next_visit(
    card: DirectConnection, store: CardStore, vault: FileVault
) -> None:
    """The writer has no master of it any more, and a stolen terminal still has."""
    stolen = demo_masters()
    vault.make(0x31)
    vault.drop(0x11)

    def rekey(*kvns: str) -> set[str]:
        order = {"do": "rekey", "card": HANAKO.card_id.lower(), "keys": {"library": list(kvns), "sports": ["12"]}}
        carry_out(card, vault, read_order(order))
        return set(store.city["keys"]) & {"11", "31", "51"}

    assert rekey("31") == {"31"}
    with pytest.raises(StatusError):
        CitySession(card).open(stolen, 0x11)
    vault.make(0x51)
    assert rekey("51", "31") == {"51", "31"}
