"""A small register of fictitious households the desk reads in tests, and people at machines."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from portal.certificates import service
from portal.certificates.register import Household, Member
from portal.certificates.service import Caller, Desk, Payment, Placed, Proof
from portal.core.ids import ClientId, ResidentId
from portal.core.money import Yen
from tests.portal.certificates.people import HANAKO, family

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WHOLE = {"scope": "household", "relation": "yes", "domicile": "no"}
SELF = {"scope": "self", "relation": "no", "domicile": "no"}


class Town:
    """Households by resident; a test changes it as the register would change."""

    def __init__(self, *households: Household) -> None:
        self.households = list(households)

    def __call__(self, _session: Session, resident_id: ResidentId) -> Household | None:
        return next((home for home in self.households if home.member(resident_id)), None)

    def change(self, resident_id: ResidentId, **facts: object) -> None:
        """Change facts of a member (`left_on`, `barriers`) or of the person (`name`, `previous_address` …)."""
        home = next(home for home in self.households if home.member(resident_id))
        members = tuple(
            _changed(member, facts) if member.resident_id == resident_id else member for member in home.members
        )
        self.households[self.households.index(home)] = replace(home, members=members)


def _changed(member: Member, facts: dict[str, object]) -> Member:
    own = {key: value for key, value in facts.items() if key in ("left_on", "barriers")}
    person = {key: value for key, value in facts.items() if key not in own}
    return replace(member, person=replace(member.person, **person), **own)


def household(size: int = 2) -> Household:
    members = tuple(Member(resident_id=ResidentId(uuid4()), person=person) for person in family(size))
    return Household(
        ward="中央区",
        address="千葉県千葉市中央区千葉港1番1号",
        head=members[0].person.name,
        members=members,
    )


def single(name: str) -> Household:
    member = Member(resident_id=ResidentId(uuid4()), person=replace(HANAKO, name=name))
    return Household(ward="緑区", address="千葉県千葉市緑区架空町1番", head=name, members=(member,))


def desk(town: Town) -> Desk:
    return Desk(town, b"k" * 32, "https://city.example")


def at_kiosk(resident_id: ResidentId, device: UUID | None = None) -> Caller:
    return Caller(ClientId(device or uuid4()), uuid4(), resident_id, "中央区役所")


def proof(caller: Caller, placed: Placed) -> Proof:
    return Proof(caller.device_id, placed.owner)


def coins(amount: int = 200, receipt: str = "") -> Payment:
    return Payment(Yen(amount), "cash", receipt or f"CB-{uuid4()}")


def place(session: Session, at: Desk, caller: Caller, options: dict[str, str] = WHOLE, copies: int = 1) -> Placed:
    return service.order(session, at, caller, kind="resident-record", options=options, copies=copies)
