"""A shop's account and contract change: nobody alone moves its money elsewhere, and no contract ends unseen or unpaid."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal.config import Settings
from portal.core import clock
from portal.core.clock import JST
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.models import Notice
from portal.points.partners import change_rules, changes, contracts, ending, naming, rules, sales, settling, zengin
from portal.points.partners.bank import BankAccount
from portal.points.partners.change_rules import Step
from portal.points.partners.models import PartnerBank, PartnerChange, PartnerTerminal, PointPartner
from portal.web.signed_in import WebSession
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import zengin_reader
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, OTHER, person
from tests.portal.points.shops import ACCOUNT, touch
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_settling import TENTH, a_month, settle

NEW = BankAccount("0009", "123", "1", "1112223", "ｶ)ﾐﾄﾞﾘﾍﾞ-ｶﾘ-")
TYPED = {"bank": "0009", "branch": "123", "deposit": "1", "number": "1112223", "holder": "カ）ミドリベーカリー"}
NOON = datetime(2026, 11, 23, 12, tzinfo=JST)


@pytest.fixture
def two(shop: UUID, town: Database) -> UUID:
    """A shop for which 一郎 and マリア act, in its third month."""
    with town.command("keepers") as session:
        session.execute(update(PointPartner).values(contract_from=date(2026, 1, 1), contract_until=date(2027, 3, 31)))
        session.execute(update(PartnerBank).values(in_force_on=date(2026, 1, 1)))
        naming.agree(session, OTHER, shop, naming.name(session, ONE, shop, cast.MARIA.addressee_number))
    return shop


def ask(database: Database, settings: Settings, shop: UUID) -> UUID:
    with database.command("ask") as session:
        one, ichiro = contracts.partner(session, shop), person(session, cast.ICHIRO)
        return changes.ask_for_account(session, settings.file_ring, ichiro, one, NEW).id


def do(database: Database, which: UUID, deed: str, *args: Any, **more: Any) -> None:
    with database.command(deed) as session:
        getattr(changes, deed)(session, *args, session.get_one(PartnerChange, which), **more)


def agreed(database: Database, settings: Settings, shop: UUID) -> UUID:
    which = ask(database, settings, shop)
    do(database, which, "check", ONE)
    do(database, which, "decide", OTHER, yes=True)
    return which


def account(database: Database, settings: Settings, shop: UUID) -> BankAccount:
    with database.command("look") as session:
        return contracts.bank_of(session, settings.file_ring, contracts.partner(session, shop))


def told(database: Database, worker: Worker, what: str) -> int:
    worker.run_pending()
    with database.command("look") as session:
        return session.scalar(select(func.count()).select_from(Notice).where(Notice.key.like(f"{what}:%"))) or 0


def test_a_new_account_counts_a_week_after_a_second_person_agreed_and_everybody_is_told(
    two: UUID, town: Database, settings: Settings, worker: Worker
) -> None:
    with clock.freeze(NOON):
        which = agreed(town, settings, two)
        assert (told(town, worker, "account-asked"), told(town, worker, "account-agreed")) == (2, 2)
        assert account(town, settings, two) == ACCOUNT
        with pytest.raises(change_rules.ChangeOpen):
            ask(town, settings, two)
    with clock.freeze(NOON + timedelta(days=6, hours=11)):
        assert account(town, settings, two) == ACCOUNT
    with clock.freeze(NOON + timedelta(days=6, hours=12)):  # midnight
        assert account(town, settings, two) == NEW
        with pytest.raises(change_rules.ChangeDecided):
            do_stop(town, which)


def do_stop(database: Database, which: UUID) -> None:
    with database.command("stop") as session:
        changes.stop(session, session.get_one(PartnerChange, which), "頼んでいません")


def test_whoever_checked_does_not_decide_and_no_step_is_left_out(two: UUID, town: Database, settings: Settings) -> None:
    which = ask(town, settings, two)
    with pytest.raises(change_rules.ChangeOpen):
        ask(town, settings, two)
    with pytest.raises(change_rules.ChangeDecided):
        do(town, which, "decide", OTHER, yes=True)
    do(town, which, "check", ONE)
    with pytest.raises(rules.SecondPersonNeeded):
        do(town, which, "decide", ONE, yes=True)
    with pytest.raises(IntegrityError), town.command("past the service") as session:
        session.execute(update(PartnerChange).values(decided_by=ONE.id))
    do(town, which, "decide", OTHER, yes=False, note="名義が違います")
    assert account(town, settings, two) == ACCOUNT
    ask(town, settings, two)  # another try is another request


@pytest.mark.parametrize("reached", ["asked", "checked", "agreed"])
def test_whoever_was_not_asked_stops_it_and_no_money_goes_there(
    two: UUID, town: Database, settings: Settings, worker: Worker, reached: str
) -> None:
    with clock.freeze(NOON):
        which = ask(town, settings, two)
        if reached != "asked":
            do(town, which, "check", ONE)
        if reached == "agreed":
            do(town, which, "decide", OTHER, yes=True)
        do_stop(town, which)
        assert told(town, worker, "change-stopped") == 2
        with pytest.raises(change_rules.ChangeDecided):
            do_stop(town, which)
        for deed, by in (("check", ONE), ("decide", OTHER)):
            with pytest.raises(change_rules.ChangeDecided):
                do(town, which, deed, by, **({"yes": True} if deed == "decide" else {}))
    with clock.freeze(NOON + timedelta(days=30)):
        assert account(town, settings, two) == ACCOUNT


def test_agreed_and_stopped_at_the_same_instant_is_one_of_both(two: UUID, town: Database, settings: Settings) -> None:
    which = ask(town, settings, two)
    do(town, which, "check", ONE)

    def act(number: int) -> str:
        try:
            if number % 2:
                do_stop(town, which)
                return "stopped"
            do(town, which, "decide", OTHER, yes=True)
            return "agreed"
        except change_rules.ChangeDecided:
            return ""

    done = {one for one in together(act, 4) if one}
    with town.command("look") as session:
        row = session.get_one(PartnerChange, which)
        in_force = session.get_one(PartnerBank, row.bank_id).in_force_on
    assert row.step in done
    assert (in_force is None) == (row.step == Step.STOPPED)


def bank_file(database: Database, settings: Settings, today: date) -> zengin_reader.BankFile:
    with database.command("file") as session:
        content = settling.bank_file(
            session,
            OTHER,
            settings.file_ring,
            zengin.Payer("1", "チバシ", ACCOUNT),
            month=date(2026, 10, 1),
            today=today,
        )
        return zengin_reader.read(content)


def test_what_went_to_the_bank_before_stays_on_the_account_of_before(
    two: UUID, town: Database, settings: Settings
) -> None:
    a_month(town, two)
    eighth = datetime(2026, 11, 8, 9, tzinfo=JST)
    settle(town, eighth)
    with clock.freeze(eighth):
        agreed(town, settings, two)
        with town.command("approve") as session:
            settling.approve(session, ONE, date(2026, 10, 1))
        first = bank_file(town, settings, eighth.date())
    assert [line.number for line in first.lines] == [ACCOUNT.number]
    with clock.freeze(eighth + timedelta(days=20)):
        assert account(town, settings, two) == NEW
        again = bank_file(town, settings, eighth.date())
        assert again.lines == first.lines, "made again it pays where it paid"


def test_a_file_made_once_the_new_account_counts_pays_there(two: UUID, town: Database, settings: Settings) -> None:
    a_month(town, two)
    eighth = datetime(2026, 11, 8, 9, tzinfo=JST)
    settle(town, eighth)
    with clock.freeze(eighth):
        agreed(town, settings, two)
        with town.command("approve") as session:
            settling.approve(session, ONE, date(2026, 10, 1))
    with clock.freeze(eighth + timedelta(days=8)):
        late = bank_file(town, settings, eighth.date())
    assert [(line.bank, line.number) for line in late.lines] == [(NEW.bank, NEW.number)]


# ---- pages --------------------------------------------------------------------------------


def test_a_shop_asks_on_its_page_with_more_than_a_password_and_the_other_keeper_stops_it(
    two: UUID, town: Database, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    ichiro, maria = resident_client("ichiro"), resident_client("maria")
    page = f"/points/shops/{two}"
    assert ichiro.get(f"{page}/account").path == "/sign-in/stronger"
    with town.command("stronger") as session:
        session.execute(update(WebSession).where(WebSession.kind == "resident").values(assurance=2))
    form = ichiro.get(f"{page}/account")
    assert "0435550101" in form.text.replace("-", "")
    assert ichiro.submit(form, f"{page}/account", **(TYPED | {"bank": "0000"})).status == 422
    shown = ichiro.submit(form, f"{page}/account", **TYPED)
    assert (shown.path, "1112223" in shown.text) == (f"{page}/contract", False)
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    assert "変更" in keeper.get("/staff/partners").text
    listed = keeper.get(f"/staff/partners/{two}/changes")
    one = next(link for link in listed.links() if "/changes/" in link)
    asked = keeper.get(one)
    assert "1112223" in asked.text
    assert keeper.submit(asked, f"{one}/check", seen="own").status == rules.ChecksOpen.status
    checked = keeper.submit(asked, f"{one}/check", seen=["called", "own"])
    assert checked.status == 200, checked.text
    done = chief.submit(chief.get(one), f"{one}/decide", decision="approve")
    assert "1112223" not in done.text
    mine = maria.get(f"{page}/contract")
    stop = next(str(each.get("action")) for each in mine.find("form") if str(each.get("action")).endswith("/stop"))
    stopped = maria.submit(mine, stop)
    assert not [each for each in stopped.find("form") if str(each.get("action")).endswith("/stop")]
    assert resident_client("taro").get(f"{page}/contract").status == 404


def test_colleagues_and_the_shop_read_a_refusal_each_in_their_words(
    two: UUID, town: Database, settings: Settings, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    which = ask(town, settings, two)
    do(town, which, "check", ONE)
    do(town, which, "decide", OTHER, yes=False, note="名義が違います。")
    staff, shop = "承認されませんでした", "お受けできませんでした"
    page = staff_client(Role.POINTS_KEEPER).get(f"/staff/partners/{two}/changes").text
    assert (staff in page, shop in page) == (True, False)
    mine = resident_client("ichiro").get(f"/points/shops/{two}/contract").text
    assert (staff in mine, shop in mine) == (False, True)
    with town.command("refused") as session:
        session.execute(update(PointPartner).values(state=rules.State.REFUSED))
    listed = staff_client(Role.POINTS_KEEPER).get("/staff/partners").text
    assert (staff in listed, shop in listed) == (True, False)
    assert shop in resident_client("ichiro").get("/points/shops").text


def days(name: str, day: date) -> dict[str, str]:
    return {f"{name}-{part}": str(getattr(day, part)) for part in ("year", "month", "day")}


def test_a_contract_is_renewed_by_two_people_and_its_shop_reminded(
    two: UUID, town: Database, worker: Worker, resident_client: ResidentClient, staff_client: StaffClient
) -> None:
    until = clock.today() + timedelta(days=30)
    with town.command("contract") as session:
        session.execute(update(PointPartner).values(contract_until=until))
    ichiro, page = resident_client("ichiro"), f"/points/shops/{two}"
    ichiro.submit(ichiro.get(f"{page}/contract"), f"{page}/renewal")
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    one = next(link for link in keeper.get(f"/staff/partners/{two}/changes").links() if "/changes/" in link)
    for wrong_day in (until, until + timedelta(days=3_000)):
        refused = keeper.submit(keeper.get(one), f"{one}/check", **days("last", wrong_day))
        assert refused.status == change_rules.DayUnclear.status
    later = until + timedelta(days=365)
    keeper.submit(keeper.get(one), f"{one}/check", **days("last", later))
    assert chief.submit(chief.get(one), f"{one}/decide", decision="refuse", note="").status == 422
    assert chief.submit(chief.get(one), f"{one}/decide", decision="other", note="確認").status == 422
    chief.submit(chief.get(one), f"{one}/decide", decision="approve")
    with town.command("look") as session:
        assert contracts.partner(session, two).contract_until == later
    assert told(town, worker, "contract-renewed") == 2
    early = ichiro.post(f"{page}/renewal", {}, page=ichiro.get(f"{page}/contract"))
    assert early.status == change_rules.TooEarlyToRenew.status


def night(database: Database, day: date) -> None:
    with clock.freeze(datetime(day.year, day.month, day.day, 3, tzinfo=JST)), database.command("night") as session:
        ending.look_at_contracts(session, {})


def test_a_shop_is_reminded_60_and_14_days_before_once_each(two: UUID, town: Database, worker: Worker) -> None:
    until = date(2027, 3, 31)
    for ahead in (61, 60, 59, 58, 57, 14, 13, 12):
        night(town, until - timedelta(days=ahead))
        night(town, until - timedelta(days=ahead))
    with clock.freeze(datetime(2027, 3, 31, 12, tzinfo=JST)):
        assert told(town, worker, "contract-ends") == 4, "two people, two days; a missed night is made up for"


def test_a_shop_ends_its_contract_and_is_closed_when_everything_is_paid(
    two: UUID, town: Database, settings: Settings, worker: Worker
) -> None:
    with clock.freeze(TENTH - timedelta(days=6)):
        earn(town, resident(town), 3_000, days_ago=1)
        with town.command("notice") as session:
            one, ichiro = contracts.partner(session, two), person(session, cast.ICHIRO)
            with pytest.raises(change_rules.DayUnclear):
                changes.give_notice(session, one, ichiro, clock.today() + timedelta(days=13))
            changes.give_notice(session, one, ichiro, date(2026, 10, 20))
    with clock.freeze(TENTH):
        touch(town, two, 100)
    with clock.freeze(TENTH + timedelta(days=11)), pytest.raises(rules.PartnerClosed):
        touch(town, two, 100)
    night(town, date(2026, 10, 25))
    assert state(town, two) == rules.State.ACTIVE, "its last month is not settled yet"
    eighth = datetime(2026, 11, 8, 9, tzinfo=JST)
    assert settle(town, eighth) == [(date(2026, 10, 1), 1, 100)]
    night(town, date(2026, 11, 9))
    assert state(town, two) == rules.State.ACTIVE, "nor paid"
    with clock.freeze(eighth + timedelta(days=1)):
        with town.command("approve") as session:
            settling.approve(session, ONE, date(2026, 10, 1))
        assert [line.yen for line in bank_file(town, settings, eighth.date()).lines] == [100]
    for _twice in range(2):
        night(town, date(2026, 11, 10))
    assert state(town, two) == rules.State.ENDED
    with clock.freeze(eighth + timedelta(days=3)):
        assert told(town, worker, "contract-closed") == 2
    with town.command("look") as session:
        assert session.scalar(select(func.count()).select_from(PartnerTerminal)) == 0
        assert len(settling.statements_of(session, two)) == 1, "its statements stay to be read"
        with pytest.raises(change_rules.NotUnderContract):
            changes.ask_for_renewal(session, contracts.partner(session, two), None)
        assert sales.sales_of(session, two)
    assert wrong(town) == []


def state(database: Database, shop: UUID) -> str:
    with database.command("look") as session:
        return contracts.partner(session, shop).state


def test_a_contract_that_ran_out_can_be_renewed_for_a_month_and_is_closed_then(two: UUID, town: Database) -> None:
    until = date(2027, 3, 31)
    night(town, until + timedelta(days=20))
    assert state(town, two) == rules.State.ACTIVE
    at = datetime(2027, 4, 20, 12, tzinfo=JST)
    with clock.freeze(at), town.command("renew") as session:
        which = changes.ask_for_renewal(session, contracts.partner(session, two), None).id
    night(town, until + timedelta(days=40))
    assert state(town, two) == rules.State.ACTIVE, "somebody waits for the answer"
    with clock.freeze(at):
        do_stop(town, which)
    night(town, until + timedelta(days=40))
    assert state(town, two) == rules.State.ENDED


def test_a_shop_ends_its_contract_on_its_page_only_when_it_is_sure(
    two: UUID, town: Database, resident_client: ResidentClient
) -> None:
    ichiro, page, last = resident_client("ichiro"), f"/points/shops/{two}", clock.today() + timedelta(days=20)
    form = ichiro.get(f"{page}/contract")
    assert ichiro.submit(form, f"{page}/notice", **days("last", last)).status == change_rules.NotSure.status
    done = ichiro.submit(form, f"{page}/notice", **days("last", last), sure="yes")
    assert done.path == f"{page}/contract"
    with town.command("look") as session:
        assert contracts.partner(session, two).contract_until == last


def test_the_city_ends_a_contract_with_two_people_and_a_reason(
    two: UUID, town: Database, staff_client: StaffClient
) -> None:
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    page, last = f"/staff/partners/{two}/changes", clock.today() + timedelta(days=3)
    form = keeper.get(page)
    assert keeper.submit(form, f"/staff/partners/{two}/end", **days("last", last), note="").status == 422
    keeper.submit(form, f"/staff/partners/{two}/end", **days("last", last), note="規約に反したため")
    one = next(link for link in keeper.get(page).links() if "/changes/" in link)
    assert keeper.post(f"{one}/decide", {"decision": "approve"}, page=keeper.get(one)).status == 404
    chief.submit(chief.get(one), f"{one}/decide", decision="approve")
    with town.command("look") as session:
        assert contracts.partner(session, two).contract_until == last
