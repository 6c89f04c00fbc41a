"""From a household in the register to what the paper will say, and a keyed digest of it."""

import json
from collections.abc import Mapping
from typing import Any

from portal.certificates import rules
from portal.certificates.register import Household, Member
from portal.certificates.sheets import Issuer, ResidentRecord, Scope
from portal.core import clock
from portal.core.addresses import CITY
from portal.core.crypto import mac
from portal.core.ids import ResidentId

HEAD_OF_WARD = "架空 守"
"""A fictitious name: the demo city has no real head of a ward on its papers."""
SEAL_ENDINGS = {6: "之印章", 7: "之印", 8: "印"}
"""An office seal holds nine signs; the ending fills them (千葉市緑区長之印章, 千葉市花見川区長印)."""


def issuer(ward: str) -> Issuer:
    """Who attests for a ward: in a designated city its head (住民基本台帳法 38条)."""
    title = f"{CITY}{ward}長"
    return Issuer(title=title, name=HEAD_OF_WARD, seal=(title + SEAL_ENDINGS.get(len(title), ""))[:9])


def resident_record(household: Household, resident_id: ResidentId, options: Mapping[str, str]) -> ResidentRecord:
    """What the copy says today for this applicant and these choices."""
    return ResidentRecord(
        scope=Scope(options["scope"]),
        address=household.address,
        head=household.head,
        persons=[member.person for member in _members(household, resident_id, options)],
        items=rules.items_of(options),
        issuer=issuer(household.ward),
    )


def covered(household: Household, resident_id: ResidentId, options: Mapping[str, str]) -> list[ResidentId]:
    """Whose data the paper shows."""
    return [member.resident_id for member in _members(household, resident_id, options)]


def _members(household: Household, resident_id: ResidentId, options: Mapping[str, str]) -> list[Member]:
    present = household.present(clock.today())
    if Scope(options["scope"]) is Scope.HOUSEHOLD:
        return list(present)
    return [member for member in present if member.resident_id == resident_id]


def digest(key: bytes, record: ResidentRecord) -> bytes:
    """32 bytes that change whenever anything printed from the register would change.

    Keyed, because a plain hash of a few known facts about a person could be guessed back.
    """
    facts: dict[str, Any] = record.facts()
    return mac(key, b"certificate-contents", json.dumps(facts, ensure_ascii=False, sort_keys=True).encode())


def ward_of(household: Household | None) -> str:
    """The ward whose counter numbers the paper. Raises NotOnRegister when the household is gone."""
    if household is None:
        raise rules.NotOnRegister
    return household.ward
