"""A terminal moves from one shop to another by two members of staff: until then cards pay the shop where it stands."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from card_reader.simulator.card import DirectConnection
from card_reader.terminal_till import take
from portal.config import Settings
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import devices as demo_devices
from portal.mailbox.models import Notice
from portal.points.partners import change_rules, changes, moving, rules
from portal.points.partners.change_rules import Step
from portal.points.partners.models import PartnerChange, PartnerTerminal
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, OTHER
from tests.portal.points.shops import has, open_shop
from tests.portal.points.test_keepers_by_two import THIRD
from tests.portal.points.till import Till, card_of, place

TERMINAL = demo_devices.SHOP


@pytest.fixture
def rival(town: Database, shop: UUID, settings: Settings, tmp_path: Path) -> UUID:
    """Another shop; the terminal stands in the first one."""
    place(town, tmp_path, TERMINAL, shop)
    return open_shop(town, settings, "うみべ書店")


def propose(database: Database, shop: UUID) -> UUID:
    with database.command("propose") as session:
        made = moving.place(session, ONE, TERMINAL, shop)
        assert made
        return made.id


def decide(database: Database, which: UUID, actor: object = OTHER, *, yes: bool = True) -> None:
    with database.command("decide") as session:
        changes.decide(session, actor, session.get_one(PartnerChange, which), yes=yes)  # type: ignore[arg-type]


def stop(database: Database, which: UUID) -> None:
    with database.command("stop") as session:
        changes.stop(session, session.get_one(PartnerChange, which), "誤り")


def stands(database: Database) -> UUID | None:
    with database.command("look") as session:
        return session.scalar(select(PartnerTerminal.partner_id))


def step(database: Database, which: UUID) -> str:
    with database.command("look") as session:
        return session.get_one(PartnerChange, which).step


def test_what_cards_pay_stays_with_the_shop_until_a_second_person_agreed(
    till: Till, town: Database, shop: UUID, rival: UUID, worker: Worker
) -> None:
    card = DirectConnection(card_of())
    which = propose(town, rival)
    take(till.line, card, till.terminal.read(card), 250)
    with pytest.raises(rules.SecondPersonNeeded):
        decide(town, which, ONE)
    assert (stands(town), has(town, shop), has(town, rival)) == (shop, 250, 0)
    decide(town, which)
    take(till.line, card, till.terminal.read(card), 100)
    assert (stands(town), has(town, shop), has(town, rival)) == (rival, 250, 100)
    with pytest.raises(change_rules.ChangeDecided):
        decide(town, which, THIRD)
    worker.run_pending()
    with town.command("look") as session:
        assert session.scalar(select(func.count()).where(Notice.key.like("terminal-gone:%"))) == 1
    assert wrong(town) == []


def test_a_terminal_that_stands_nowhere_is_placed_by_one_and_placed_again_stays(
    town: Database, shop: UUID, rival: UUID
) -> None:
    with town.command("nowhere") as session:
        session.execute(delete(PartnerTerminal))
    with town.command("place") as session:
        assert moving.place(session, ONE, TERMINAL, rival) is None
    with town.command("again") as session:
        assert moving.place(session, OTHER, TERMINAL, rival) is None
        assert moving.waiting(session, rival) == []
        with pytest.raises(rules.NoSuchTerminal):
            moving.place(session, ONE, "nobody", rival)
    assert stands(town) == rival


def test_one_terminal_is_proposed_once(town: Database, shop: UUID, rival: UUID, settings: Settings) -> None:
    which, third = propose(town, rival), open_shop(town, settings, "やまの湯")
    for wanted in (rival, third):
        with pytest.raises(change_rules.ChangeOpen):
            propose(town, wanted)
    decide(town, which, yes=False)
    assert (stands(town), step(town, which)) == (shop, Step.REFUSED)
    decide(town, propose(town, third))
    assert stands(town) == third


def test_of_many_who_agree_at_once_one_moves_it(town: Database, shop: UUID, rival: UUID) -> None:
    which = propose(town, rival)

    def press(number: int) -> bool:
        try:
            decide(town, which, (OTHER, THIRD)[number % 2])
        except change_rules.ChangeDecided:
            return False
        return True

    assert sum(together(press, 8)) == 1
    assert stands(town) == rival


def test_withdrawn_while_somebody_agrees_it_is_one_or_the_other(town: Database, shop: UUID, rival: UUID) -> None:
    which = propose(town, rival)

    def press(number: int) -> str:
        try:
            (decide if number % 2 else stop)(town, which)
        except change_rules.ChangeDecided:
            return ""
        return "moved" if number % 2 else "stopped"

    (came,) = filter(None, together(press, 6))
    after = {"moved": (rival, Step.AGREED), "stopped": (shop, Step.STOPPED)}
    assert (stands(town), step(town, which)) == after[came]


def test_a_terminal_taken_away_meanwhile_is_not_moved(town: Database, shop: UUID, rival: UUID) -> None:
    which = propose(town, rival)
    with town.command("the contract is over") as session:
        session.execute(delete(PartnerTerminal))
    with pytest.raises(change_rules.TerminalGone):
        decide(town, which)
    assert (stands(town), step(town, which)) == (None, Step.CHECKED)
    stop(town, which)
    with town.command("place") as session:
        assert moving.place(session, ONE, TERMINAL, rival) is None


def test_placed_by_many_at_once_it_stands_in_one_shop(town: Database, shop: UUID, rival: UUID) -> None:
    with town.command("nowhere") as session:
        session.execute(delete(PartnerTerminal))

    def press(number: int) -> bool:
        try:
            with town.command("place") as session:
                return moving.place(session, ONE, TERMINAL, (shop, rival)[number % 2]) is None
        except change_rules.ChangeOpen:
            return False

    together(press, 6)
    with town.command("look") as session:
        (where,) = session.scalars(select(PartnerTerminal.partner_id)).all()
        assert [one.from_id for one in moving.waiting(session, shop)] == [where]


def test_the_database_itself_wants_two(town: Database, shop: UUID, rival: UUID) -> None:
    which = propose(town, rival)
    mine = update(PartnerChange).where(PartnerChange.id == which)
    for cheat in ({"decided_by": ONE.id}, {"step": "agreed"}, {"client": None}, {"from_id": rival}):
        with pytest.raises(IntegrityError), town.command("cheat") as session:
            session.execute(mine.values(**cheat))


def test_from_one_desk_to_the_other(town: Database, shop: UUID, rival: UUID, staff_client: StaffClient) -> None:
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    page = f"/staff/partners/{rival}"
    shown = keeper.submit(keeper.get(page), f"{page}/terminals", client=TERMINAL)
    assert ("みどりベーカリーから移動" in shown.text, stands(town)) == (True, shop)
    assert "うみべ書店へ移動" in keeper.get(f"/staff/partners/{shop}").text
    assert keeper.submit(keeper.get(page), f"{page}/terminals", client=TERMINAL).status == 422
    assert "変更の確認待ち" in chief.get("/staff/partners").text
    assert "ポイントの協賛店 確認待ち1件" in chief.get("/staff/points").text
    with town.command("look") as session:
        here = f"{page}/changes/{moving.waiting(session, rival)[0].id}"
    assert here in shown.links()
    assert TERMINAL in chief.get(here).text
    assert keeper.post(f"{here}/decide", {"decision": "approve"}, page=keeper.get(here)).status == 404
    assert stands(town) == shop
    with town.command("the contract is over") as session:
        session.execute(delete(PartnerTerminal))
    gone = chief.submit(chief.get(here), f"{here}/decide", decision="approve")
    assert gone.status == change_rules.TerminalGone.status
    with town.command("back again") as session:
        moving.place(session, ONE, TERMINAL, shop)
    assert chief.submit(chief.get(here), f"{here}/decide", decision="approve").status == 200
    assert stands(town) == rival


def test_the_people_of_a_shop_neither_see_nor_stop_a_move(
    town: Database, shop: UUID, rival: UUID, resident_client: ResidentClient
) -> None:
    which, ichiro = propose(town, rival), resident_client("ichiro")
    page = f"/points/shops/{rival}"
    shown = ichiro.get(f"{page}/contract")
    assert str(which) not in shown.text
    assert ichiro.post(f"{page}/changes/{which}/stop", {}, page=shown).status == 404
    assert step(town, which) == Step.CHECKED
