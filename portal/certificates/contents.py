"""From a household in the register to what the paper will say, and a keyed digest of it."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from portal.certificates import rules
from portal.certificates.register import Household, Member, Wish
from portal.certificates.sheets import Issuer, Item, ResidentRecord, Scope
from portal.core import clock
from portal.core.addresses import CITY
from portal.core.crypto import mac

HEAD_OF_WARD = "架空 守"
"""A fictitious name: the demo city has no real head of a ward on its papers."""
SEAL_ENDINGS = {6: "之印章", 7: "之印", 8: "印"}
"""An office seal holds nine signs; the ending fills them (千葉市緑区長之印章, 千葉市花見川区長印)."""


def issuer(ward: str) -> Issuer:
    """Who attests for a ward: in a designated city its head (住民基本台帳法 38条)."""
    title = f"{CITY}{ward}長"
    return Issuer(title=title, name=HEAD_OF_WARD, seal=(title + SEAL_ENDINGS.get(len(title), ""))[:9])


def wish(options: Mapping[str, str], case_ref: str) -> Wish:
    """What the copy needs to know of the register, and for which order."""
    return Wish(
        scope=Scope(options["scope"]),
        head=Item.RELATION in rules.items_of(options),
        what="certificates.resident-record",
        case_ref=case_ref,
    )


def resident_record(household: Household, options: Mapping[str, str]) -> ResidentRecord:
    """What the copy says today for these choices."""
    return ResidentRecord(
        scope=Scope(options["scope"]),
        address=household.address,
        head=household.head,
        persons=[member.person for member in _present(household)],
        items=rules.items_of(options),
        issuer=issuer(household.ward),
    )


def _present(household: Household) -> list[Member]:
    """Those who still live there today."""
    day = clock.today()
    return [member for member in household.members if member.left_on is None or member.left_on > day]


def birth_marks(key: bytes, order_id: UUID, record: ResidentRecord) -> list[str]:
    """One keyed hash a person on the paper, of their date of birth: to be compared, never to be read."""
    return [birth_mark(key, order_id, person.born_on) for person in record.persons]


def birth_mark(key: bytes, order_id: UUID, born_on: date) -> str:
    """32 hexadecimal signs; another order gives another mark for the same day."""
    return mac(key, b"certificate-birth-mark", order_id.bytes, born_on.isoformat().encode()).hex()[:32]


def digest(key: bytes, record: ResidentRecord) -> bytes:
    """32 bytes that change whenever anything printed from the register would change.

    Keyed, because a plain hash of a few known facts about a person could be guessed back.
    """
    facts: dict[str, Any] = record.facts()
    return mac(key, b"certificate-contents", json.dumps(facts, ensure_ascii=False, sort_keys=True).encode())
