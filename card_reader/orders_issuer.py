"""Orders that only the issuer's key can carry out: exchange the keys of roles, set a new holder PIN, read the log.

A card has at most two generations of a role's keys. It is asked which ones by opening a channel with each: that a key is
the city's is not believed without proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from card_reader.connection import Connection
from card_reader.errors import StatusError, Sw
from card_reader.key_store import KeyMissing, KeyStore
from card_reader.scp03 import CardNotGenuine
from card_reader.sessions.city import CityChannel, CitySession
from card_reader.sessions.city_entry import LogRecord
from card_reader.sessions.city_names import KVNS, Role

ROLES = {role.name.lower(): role for role in Role}


def read_versions(record: Mapping[str, Any]) -> dict[Role, list[int]]:
    """{"library": ["31", "11"]}: the generations a card is to have, the newest first; ValueError."""
    found = {}
    for name, texts in record.items():
        kvns = [int(text, 16) for text in texts]
        if not 1 <= len(kvns) <= 2 or any(KVNS.get(kvn) is not ROLES.get(name) for kvn in kvns):
            raise ValueError("a role has one or two generations of its own")
        found[ROLES[name]] = kvns
    return found


def on_card(city: CitySession, keys: KeyStore, role: Role) -> dict[int, bool]:
    """The generations of a role on the card: KVN -> whether it is the key of this store (False: an older one of that
    number, or one whose master was destroyed while the card was at no window: it can be replaced and deleted unproven).
    """
    found = {}
    for kvn in (kvn for kvn in KVNS if KVNS[kvn] is role):
        try:
            city.open(keys, kvn)
            found[kvn] = True
        except (CardNotGenuine, KeyMissing):
            found[kvn] = False
        except StatusError as refused:
            if refused.status != Sw.REFERENCE_NOT_FOUND:
                raise
    return found


def exchange_keys(channel: CityChannel, keys: KeyStore, wanted: Sequence[int], present: Mapping[int, bool]) -> None:
    """Bring one role's keys on the card to *wanted*; cut off and sent again it goes on where it was."""
    stale = [kvn for kvn in present if kvn not in wanted]
    for kvn in wanted:
        if present.get(kvn):
            continue
        place = kvn if kvn in present else stale.pop() if stale else 0
        channel.put_keys(kvn, keys.card_keys(kvn, channel.card_id), replacing=place)
    for kvn in stale:
        channel.delete_keys(kvn)


def rekey(connection: Connection, keys: KeyStore, versions: Mapping[Role, Sequence[int]], card: bytes) -> None:
    """Every role of *versions* on the card of that id; CardNotGenuine if another one lies there by now.

    The keys of writer and issuer, too: the channel that puts them goes on when the set it was opened with is gone.
    """
    city = CitySession(connection)
    present = {role: on_card(city, keys, role) for role in versions}
    channel = city.open_role(keys, Role.ISSUER)
    if channel.card_id != card:
        raise CardNotGenuine("another card answers")
    for role, wanted in versions.items():
        exchange_keys(channel, keys, wanted, present[role])


def shown_record(record: LogRecord) -> dict[str, Any]:
    """A record of the card's log as JSON; `at` in seconds since 1970, None where the terminal had no clock."""
    return {
        "number": record.number,
        "kvn": f"{record.kvn:02X}",
        "op": record.op.name.lower().replace("_", "-"),
        "tag": f"{record.tag:04X}",
        "at": int(record.at.timestamp()) if record.at else None,
        "terminal": record.terminal,
    }
