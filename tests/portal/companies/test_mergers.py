"""What a merger leaves of who acts for whom, and chains of mergers in any order."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.companies import opening, rules, service, successions, winding_up
from portal.companies.models import (
    BusinessDelivery,
    BusinessNotice,
    Company,
    CompanyGrant,
    Delegation,
    RegisterChange,
    Succession,
)
from portal.core import clock
from portal.core.uow import Database
from portal.demo.business_people import corporate_number
from tests.portal.companies.files import line, written
from tests.portal.companies.test_following import account, prime
from tests.portal.companies.test_register import take

A, B, C, D = (corporate_number(serial) for serial in (71, 72, 73, 74))
SERIALS = {A: 71, B: 72, C: 73, D: 74}
NAMES = {A: "株式会社架空甲", B: "株式会社架空乙", C: "株式会社架空丙", D: "架空丁事務所"}


def merged(number: str, into: str, day: str = "2026-11-20") -> dict[str, str]:
    said = {"process": "71", "closed_on": "2026-11-18", "close_cause": "11", "successor": into, "updated": day}
    return line(SERIALS[number], NAMES[number], **said)


def goes_on(number: str, day: str) -> dict[str, str]:
    return line(SERIALS[number], NAMES[number], process="72", updated=day)


@pytest.fixture
def four(database: Database) -> None:
    """Four corporations of the register; all but C have accounts."""
    take(database, written([line(serial, NAMES[number]) for number, serial in SERIALS.items()]))
    with database.command("open") as session:
        for number in (A, B, D):
            opening.of_register(session, number)


def heirs(session: Session) -> dict[str, str]:
    query = select(Company.key, Succession.successor).join(Succession, Succession.company_id == Company.id)
    return dict(session.execute(query).all())


def told(session: Session, number: str) -> list[str]:
    query = (
        select(BusinessNotice.title)
        .join(BusinessDelivery, BusinessDelivery.notice_id == BusinessNotice.id)
        .join(Company, Company.id == BusinessDelivery.company_id)
        .where(Company.key == number)
    )
    return sorted(session.scalars(query))


def test_nobody_acts_for_a_merged_company_any_more(database: Database, four: None) -> None:
    with database.command("give") as session:
        actor, until = prime(session, A), clock.today() + timedelta(days=90)
        scopes = ["mailbox", "confidential"]
        service.delegate(session, actor, agent_key=D, profession="zeirishi", scopes=scopes, ends_on=until)
        standing = service.standing(session, actor)
        service.give_grant(session, standing, actor, account(session, D).id, topics=list(rules.Topic))
    take(database, written([merged(A, B)]))
    with database.command("look") as session:
        assert session.scalars(select(Delegation.revoked_at)).one() is not None
        assert session.scalars(select(CompanyGrant.revoked_at)).one() is not None
        agent = prime(session, D)
        assert [one.key for one in service.standings(session, agent.id)] == [D]
        assert winding_up.AGENT[0] in told(session, D)
        [heard] = session.scalars(select(BusinessNotice).where(BusinessNotice.title == winding_up.HEIR[0])).all()
        assert (heard.facts["agents"], heard.confidential) == (NAMES[D], True)
        assert told(session, B) == sorted([successions.MERGED[0], winding_up.HEIR[0]])
    take(database, written([goes_on(A, "2026-11-22")]))
    with database.command("look") as session:
        assert session.scalars(select(Delegation.revoked_at)).one() is not None, "trust is not given back by a register"


def test_an_agent_that_ended_acts_for_nobody_and_its_clients_hear_of_it(database: Database, four: None) -> None:
    with database.command("give") as session:
        until = clock.today() + timedelta(days=90)
        for number in (A, B):
            actor = prime(session, number)
            service.delegate(session, actor, agent_key=D, profession="other", scopes=["mailbox"], ends_on=until)
    take(database, written([merged(D, C)]))
    with database.command("look") as session:
        assert all(session.scalars(select(Delegation.revoked_at)))
        for number in (A, B):
            assert told(session, number).count(winding_up.CLIENT[0]) == 1
        heir = prime(session, C)
        assert [one.key for one in service.standings(session, heir.id)] == [C], "its clients are not its heir's"


@pytest.mark.parametrize("order", list(itertools.permutations([(A, B), (B, C), (C, D)])))
@pytest.mark.parametrize("files", [1, 3])
def test_a_chain_of_mergers_ends_at_its_last_heir_in_any_order(
    database: Database, four: None, order: list[tuple[str, str]], files: int
) -> None:
    rows = [merged(*pair) for pair in order]
    for file in [rows] if files == 1 else [[row] for row in rows]:
        take(database, written(file))
    with database.command("act") as session:
        found = heirs(session)
        assert {found[A], found[B]} == {D}
        actor = prime(session, D)
        assert told(session, D).count(successions.MERGED[0]) == len(found)
        for number in (A, B):
            standing = service.standing(session, actor)
            successions.take_over(session, standing, actor, account(session, number).id)
        assert {one.key for one in service.standings(session, actor.id)} >= {A, B, D}
    take(database, written([goes_on(B, "2026-11-22")]))
    with database.command("look") as session:
        assert heirs(session)[A] == B, "the chain ends earlier now"
        assert {one.key for one in service.standings(session, actor.id)}.isdisjoint({A, B})


def test_a_circle_of_mergers_has_no_heir(database: Database, four: None) -> None:
    take(database, written([merged(A, B), merged(B, C), merged(C, A)]))
    with database.command("look") as session:
        assert heirs(session) == {A: "", B: ""}
        assert service.heir_account(session, account(session, A).id) is None
        assert service.successors(session, [account(session, A).id]) == {account(session, A).id: (B, NAMES[B])}
        assert successions.MERGED[0] not in told(session, A) + told(session, B)
    take(database, written([goes_on(C, "2026-11-22")]))
    with database.command("look") as session:
        assert heirs(session) == {A: C, B: C}


def test_an_heir_the_register_knows_only_later_is_told_then(database: Database, four: None) -> None:
    new = corporate_number(75)
    take(database, written([merged(A, new)]))
    with database.command("look") as session:
        assert service.heir_account(session, account(session, A).id) is None
    take(database, written([line(75, "株式会社架空新設")]))
    with database.command("look") as session:
        assert told(session, new) == [successions.MERGED[0]]
        heir = service.heir_account(session, account(session, A).id)
        assert heir is not None
        assert heir.key == new


def test_of_mergers_the_register_says_nothing_new_about_nothing_is_read(database: Database, four: None) -> None:
    take(database, written([merged(A, B)]))
    with database.command("again") as session:
        loaded: list[object] = []
        event.listen(session, "loaded_as_persistent", lambda _session, one: loaded.append(one))
        successions.look_again(session, {C, D})
        assert loaded == []
        successions.look_again(session, {B})
        assert [one.key for one in loaded if isinstance(one, Company)] == [A]


def test_what_was_before_a_move_is_kept(database: Database, four: None) -> None:
    take(database, written([line(71, "株式会社架空新甲", street="架空町９丁目", updated="2026-11-20")]))
    with database.command("look") as session:
        [change] = session.scalars(select(RegisterChange)).all()
        assert (change.name_before, change.name_after) == (NAMES[A], "株式会社架空新甲")
        assert change.address_before != change.address_after == account(session, A).address
