"""Money a machine kept: told once, paid back once, and found by whose it is."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from portal.certificates import rules, service
from portal.certificates.models import CertificateOrder
from portal.certificates.rules import Failure, Outcome, State
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.money import Yen
from portal.core.permissions import Permission, Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.residents import service as residents
from tests.browser import Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.certificates.city import MORNING, SELF, Town, at_kiosk, coins, desk, household, place, proof
from tests.portal.certificates.test_same_second import race

CLERK = Actor(Kind.STAFF, uuid4(), "中央区役所 市民総合窓口課 3", office="chuo", permissions=frozenset(Permission))
HOME = household()
HANAKO = HOME.members[0].resident_id


class Machine:
    """A kiosk with one order on it."""

    def __init__(self, database: Database, whose: UUID = HANAKO, town: Town | None = None, at: Any = None) -> None:
        self.database, self.town = database, town or Town(HOME)
        self.desk = at or desk(self.town)
        self.caller = at_kiosk(whose)  # type: ignore[arg-type]
        with self.opened() as session:
            self.placed = place(session, self.desk, self.caller, SELF)
        self.proof = proof(self.caller, self.placed)

    def opened(self) -> Any:
        actor = Actor(Kind.CLIENT, self.caller.device_id, "kiosk")
        return self.database.page(actor, Purpose.CERTIFICATE, writes=True)

    def pay(self) -> "Machine":
        with self.opened() as session:
            service.pay(session, self.desk, self.placed.order_id, self.proof, coins())
        return self

    def fail(self, *, refunded: bool = False, kept: int = 200, reason: Failure = Failure.COIN_BOX) -> str:
        with self.opened() as session:
            id, who = self.placed.order_id, self.proof
            return service.failed(session, self.desk, id, who, reason=reason, refunded=refunded, kept=Yen(kept)).state

    def print(self) -> str:
        with self.opened() as session:
            return service.printed(session, self.desk, self.placed.order_id, self.proof, job="7").state

    def settle(self, outcome: Outcome = Outcome.MONEY, amount: int = 200) -> CertificateOrder:
        with self.database.page(CLERK, Purpose.WINDOW, writes=True) as session:
            return service.settle(session, CLERK, self.placed.order_id, outcome=outcome, amount=Yen(amount))

    def order(self) -> CertificateOrder:
        with self.database.page(CLERK, Purpose.WINDOW, writes=False) as session:
            found = session.scalars(select(CertificateOrder).where(CertificateOrder.id == self.placed.order_id)).one()
            session.expunge(found)
            return found

    def is_listed(self) -> bool:
        with self.database.page(CLERK, Purpose.WINDOW, writes=False) as session:
            return self.placed.order_id in {one.id for one in service.unsettled(session)}


@pytest.fixture
def machine(database: Database) -> Machine:
    return Machine(database)


def test_money_kept_is_owed_until_the_window_pays(machine: Machine) -> None:
    machine.pay()
    assert [machine.fail(), machine.fail()] == [State.OWED] * 2, "told twice, owed once"
    assert machine.is_listed()
    with clock.freeze(MORNING + timedelta(days=1000)):
        done = machine.settle()
    assert (done.state, done.paid_back, done.settled_by) == (State.REFUNDED, 200, CLERK.label)
    assert done.closed_at == MORNING + timedelta(days=1000)
    assert not machine.is_listed()


def test_what_was_settled_last_is_shown_first(database: Database) -> None:
    owed = [Machine(database), Machine(database)]
    for later, machine in enumerate(reversed(owed)):
        machine.pay().fail()
        with clock.freeze(MORNING + timedelta(days=1 + later)):
            machine.settle()
    with database.page(CLERK, Purpose.WINDOW, writes=False) as session:
        assert [one.id for one in service.settled(session)] == [machine.placed.order_id for machine in owed]


def test_a_debt_of_an_order_the_portal_never_saw_paid(machine: Machine) -> None:
    """The line was down when she paid, and the forgotten order was cancelled meanwhile."""
    with machine.opened() as session:
        service.abandon(session, machine.caller.session_id)
    assert machine.fail() == State.OWED
    assert machine.order().issue_number is None
    with pytest.raises(rules.NoPaperMade):
        machine.settle(Outcome.PAPER)
    assert machine.settle().state == State.REFUNDED


def test_no_more_is_owed_than_the_fee(machine: Machine) -> None:
    machine.pay().fail(kept=2**30)
    assert machine.order().owed == 200
    for wrong in (0, 201):
        with pytest.raises(rules.PaidBackWrong):
            machine.settle(amount=wrong)


def test_an_unpaid_order_that_failed_is_only_cancelled(machine: Machine) -> None:
    assert machine.fail(kept=0) == State.CANCELLED


def test_a_stuck_sheet_that_came_out_after_all_ends_the_debt(machine: Machine) -> None:
    machine.pay().fail(reason=Failure.PRINTER_JAM)
    assert machine.print() == State.PRINTED
    with pytest.raises(rules.AlreadySettled):
        machine.settle()


def test_paper_of_an_order_that_staff_paid_back_is_refused(machine: Machine) -> None:
    machine.pay().fail()
    machine.settle()
    with pytest.raises(rules.OrderStateWrong):
        machine.print()
    with pytest.raises(rules.OrderStateWrong), machine.opened() as session:
        service.render(session, machine.desk, machine.placed.order_id, machine.proof)


def test_no_paper_is_drawn_for_an_order_that_staff_owe(machine: Machine) -> None:
    machine.pay().fail()
    with pytest.raises(rules.OrderStateWrong), machine.opened() as session:
        service.render(session, machine.desk, machine.placed.order_id, machine.proof)


def test_two_windows_pay_one_debt_once(machine: Machine) -> None:
    machine.pay().fail()
    results = race(*[lambda: machine.settle().state] * 4, machine.print)
    assert sum(result in (State.REFUNDED, State.PRINTED) for result in results) == 1


def test_a_machine_that_says_nothing_is_shown_to_staff_after_half_an_hour(machine: Machine) -> None:
    with clock.freeze(MORNING):
        machine.pay()
        assert not machine.is_listed()
        with pytest.raises(rules.AlreadySettled):
            machine.settle()
    with clock.freeze(MORNING + timedelta(minutes=31)):
        assert machine.is_listed()
        assert machine.settle().state == State.REFUNDED


# --- pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def owed(database: Database, cast_residents: None, settings: Any) -> Machine:
    """花子 paid on the real register; printer and coin box jammed."""
    with database.command("find") as session:
        hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
        assert hanako
    machine = Machine(database, hanako.id, at=service.open_desk(settings)).pay()
    machine.fail()
    return machine


@pytest.fixture
def office(staff_client: StaffClient) -> Visitor:
    return staff_client(Role.WINDOW)


def test_hanako_reads_it_in_her_mailbox_and_is_told_when_it_is_paid(
    owed: Machine, worker: Worker, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    worker.run_pending()
    hanako = resident_client("hanako")
    title = "機械が預かった200円をお返しします"
    mailbox = hanako.get("/mailbox")
    assert title in mailbox.text
    page = hanako.get(f"/certificates/{owed.placed.order_id}")
    assert owed.placed.reference.replace("-", "") in page.text.replace(" ", "").replace("-", "")
    owed.settle()
    worker.run_pending()
    assert "200円をお返ししました" in hanako.get("/mailbox").text
    assert CLERK.label in hanako.get(f"/certificates/{owed.placed.order_id}").text


def test_the_window_finds_the_number_and_settles_it(owed: Machine, office: Visitor) -> None:
    listed = office.get("/staff/refunds")
    assert owed.placed.reference in listed.text
    assert cast.HANAKO.name not in listed.text, "a list opens nobody's data"
    page = office.get(f"/staff/refunds?number={owed.placed.reference.lower().replace('-', '')}")
    assert cast.HANAKO.name in page.text
    address = f"/staff/refunds/{owed.placed.order_id}"
    assert office.submit(page, address, outcome="", amount="２００").status == 422
    assert office.submit(page, address, outcome="money", amount="900").status == 422
    done = office.submit(page, address, outcome="money", amount="２００")
    assert done.path == address
    assert "200" in done.text
    assert owed.order().state == State.REFUNDED
    again = office.submit(page, address, outcome="money", amount="200")
    assert again.status == 409
    assert office.get("/staff/refunds?number=K7QM-3XPR-T2WJ").status == 422


def test_whose_data_the_window_opened_is_on_record(
    owed: Machine, office: Visitor, resident_client: ResidentClient
) -> None:
    office.get(f"/staff/refunds/{owed.placed.order_id}")
    looks = resident_client("hanako").get("/my-data/looks")
    assert looks.text.count(owed.placed.reference) >= 2, "the order and the look at the window"


@pytest.mark.parametrize("who", [Role.SENDER, Role.PROCESSOR])
def test_who_may_not_settle_finds_no_page(owed: Machine, staff_client: StaffClient, who: Role) -> None:
    for address in ("/staff/refunds", f"/staff/refunds/{owed.placed.order_id}"):
        assert staff_client(who).get(address).status == 404


def test_another_resident_sees_nothing_of_it(owed: Machine, resident_client: ResidentClient) -> None:
    taro = resident_client("taro")
    assert taro.get(f"/certificates/{owed.placed.order_id}").status == 404
    assert taro.get(f"/certificates/{owed.placed.order_id}/receipt").status == 404
    assert owed.placed.reference not in taro.get("/certificates").text


def test_a_receipt_comes_with_the_paper_and_not_with_a_debt(owed: Machine, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    receipt = f"/certificates/{owed.placed.order_id}/receipt"
    assert hanako.get(receipt).status == 404
    owed.print()
    assert receipt in hanako.get(f"/certificates/{owed.placed.order_id}").links()
    answer = hanako.get(receipt)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.body.startswith(b"%PDF-")
