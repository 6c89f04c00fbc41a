"""From a household in the register to what the paper will say, and a keyed digest of it."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from portal.certificates import kinds, rules
from portal.certificates.item_sheet import RecordItems
from portal.certificates.kinds import Kind
from portal.certificates.register import Household, Member, Wish
from portal.certificates.sheets import Issuer, Item, ResidentRecord, Scope, Sheet
from portal.core import clock
from portal.core.addresses import CITY
from portal.core.crypto import mac

HEAD_OF_WARD = "架空 守"
"""A fictitious name: the demo city has no real head of a ward on its papers."""
SEAL_ENDINGS = {4: "証明専用印", 6: "之印章", 7: "之印", 8: "印"}
"""An office seal holds nine signs; the ending fills them (千葉市緑区長之印章, 千葉市花見川区長印)."""


def issuer(ward: str) -> Issuer:
    """Who attests for a ward: in a designated city its head (住民基本台帳法 38条); for "" the mayor (taxes)."""
    title = f"{CITY}{ward}長"
    return Issuer(title=title, name=HEAD_OF_WARD, seal=(title + SEAL_ENDINGS.get(len(title), ""))[:9])


def wish(kind: Kind, options: Mapping[str, str], case_ref: str) -> Wish:
    """What the paper needs to know of the register, and for which order. Seal and tax papers show one person."""
    scope = Scope(options.get("scope", Scope.SELF))
    return Wish(
        scope=Scope.SELF if scope is Scope.SELF else Scope.HOUSEHOLD,
        head=Item.RELATION in kinds.items_of(kind, options),
        what=f"certificates.{'resident-record' if kind in kinds.RECORDS else 'person'}",
        case_ref=case_ref,
    )


def resident_record(household: Household, kind: Kind, options: Mapping[str, str]) -> ResidentRecord:
    """What the copy, or the certificate of items, says today for these choices. Raises MembersWrong."""
    scope = Scope(options["scope"])
    present = _present(household)
    if scope is Scope.PART:
        chosen = rules.members_of(options)
        present = [member for member in present if member.resident_id in chosen]
        if not present or len(present) != len(chosen):
            raise rules.MembersWrong
    paper = ResidentRecord if kind is Kind.RESIDENT_RECORD else RecordItems
    return paper(
        scope=scope,
        address=household.address,
        head=household.head,
        persons=[member.person for member in present],
        items=kinds.items_of(kind, options),
        issuer=issuer(household.ward),
    )


def _present(household: Household) -> list[Member]:
    """Those who still live there today."""
    day = clock.today()
    return [member for member in household.members if member.left_on is None or member.left_on > day]


def birth_marks(key: bytes, order_id: UUID, sheet: Sheet) -> list[str]:
    """One keyed hash a person on the paper, of their date of birth: to be compared, never to be read."""
    return [birth_mark(key, order_id, born_on) for born_on in sheet.births()]


def birth_mark(key: bytes, order_id: UUID, born_on: date) -> str:
    """32 hexadecimal signs; another order gives another mark for the same day."""
    return mac(key, b"certificate-birth-mark", order_id.bytes, born_on.isoformat().encode()).hex()[:32]


def digest(key: bytes, sheet: Sheet) -> bytes:
    """32 bytes that change whenever anything printed from the register would change.

    Keyed, because a plain hash of a few known facts about a person could be guessed back.
    """
    facts: dict[str, Any] = sheet.facts()
    return mac(key, b"certificate-contents", json.dumps(facts, ensure_ascii=False, sort_keys=True).encode())
