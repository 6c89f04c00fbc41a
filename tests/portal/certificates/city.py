"""A small register of fictitious households the desk reads in tests, and people at machines."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from portal.certificates import service
from portal.certificates.register import Household, Member, Standing, Wish
from portal.certificates.rules import Applicant, Barrier
from portal.certificates.sealing.keys import keys
from portal.certificates.service import Caller, Desk, Payment, Placed, Proof
from portal.certificates.sheets import Scope
from portal.config import Settings
from portal.core import audit
from portal.core.ids import ClientId, ResidentId
from portal.core.money import Yen
from tests.portal.certificates.people import HANAKO, family

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
WHOLE = {"scope": "household", "relation": "yes", "domicile": "no"}
SELF = {"scope": "self", "relation": "no", "domicile": "no"}


class Town:
    """Households by resident; a test changes it as the register would change. `opened`: whose data were read."""

    def __init__(self, *households: Household) -> None:
        self.households = list(households)
        self.barriers: dict[ResidentId, frozenset[Barrier]] = {}
        self.opened: list[ResidentId] = []
        self.cards: dict[str, ResidentId] = {}
        self.by_id: dict[ResidentId, Household] = {}
        """A shortcut for towns of thousands; those changed by a test go without."""

    def standing(self, _session: Session, resident_id: ResidentId) -> Standing | None:
        home = self._home(resident_id)
        if home is None:
            return None
        member = next(one for one in home.members if one.resident_id == resident_id)
        barriers = frozenset[Barrier]().union(*(self.barriers.get(one.resident_id, ()) for one in home.members))
        return Standing(applicant=Applicant(member.person.born_on, member.left_on, barriers), ward=home.ward)

    def household(self, session: Session, resident_id: ResidentId, wish: Wish) -> Household | None:
        home = self._home(resident_id)
        if home is None:
            return None
        whole = wish.scope is Scope.HOUSEHOLD
        shown = tuple(one for one in home.members if whole or one.resident_id == resident_id)
        for one in shown:
            self.opened.append(one.resident_id)
            audit.looked_for_case(session, whose=one.resident_id, what=wish.what, case_ref=wish.case_ref)
        return replace(home, members=shown, head=home.head if wish.head else "")

    def holds_card(self, _session: Session, resident_id: ResidentId, card: str) -> bool:
        return self.cards.get(card) == resident_id

    def _home(self, resident_id: ResidentId) -> Household | None:
        return self.by_id.get(resident_id) or next(
            (home for home in self.households if _member(home, resident_id)), None
        )

    def change(self, resident_id: ResidentId, **facts: object) -> None:
        """Change facts of a member (`left_on`, `barriers`) or of the person (`name`, `previous_address` …)."""
        barriers = facts.pop("barriers", None)
        if isinstance(barriers, frozenset):
            self.barriers[resident_id] = barriers
        home = next(home for home in self.households if _member(home, resident_id))
        members = tuple(
            _changed(member, facts) if member.resident_id == resident_id else member for member in home.members
        )
        self.households[self.households.index(home)] = replace(home, members=members)


def _member(home: Household, resident_id: ResidentId) -> Member | None:
    return next((one for one in home.members if one.resident_id == resident_id), None)


def _changed(member: Member, facts: dict[str, object]) -> Member:
    own = {key: value for key, value in facts.items() if key == "left_on"}
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
    return Desk(town, b"k" * 32, "https://city.example", lambda: keys(Settings()))


def at_kiosk(resident_id: ResidentId, device: UUID | None = None) -> Caller:
    return Caller(ClientId(device or uuid4()), uuid4(), resident_id, "中央区役所")


def proof(caller: Caller, placed: Placed) -> Proof:
    return Proof(caller.device_id, placed.owner)


def coins(amount: int = 200, receipt: str = "") -> Payment:
    return Payment(Yen(amount), "cash", receipt or f"CB-{uuid4()}")


def place(session: Session, at: Desk, caller: Caller, options: dict[str, str] = WHOLE, copies: int = 1) -> Placed:
    return service.order(session, at, caller, kind="resident-record", options=options, copies=copies)
