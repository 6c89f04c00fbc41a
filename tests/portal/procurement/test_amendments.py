"""What an amendment may change until the deadline, that nothing changes after it, and who hears of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.companies.models import BusinessDelivery, BusinessNotice, Company
from portal.config import Settings
from portal.core import clock
from portal.core.business_days import business_days_from
from portal.core.clock import JST
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.tenders import _actor
from portal.procurement import matching, rules, tender_days, tenders
from portal.procurement.models import Tender, TenderRelease
from portal.procurement.sealed import opening, seal, service
from portal.procurement.sealed import rules as sealed_rules
from portal.procurement.sealed.models import OpeningKey, Quotation, QuotationLock
from portal.procurement.sealed.seal import Said
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.procurement import city
from tests.portal.procurement.city import AMOUNT, SEALED
from tests.portal.procurement.desk import day_fields, press, write
from tests.portal.procurement.test_tenders import the_tender


def later(days: int) -> datetime:
    return datetime.combine(business_days_from(clock.today(), days), time(17), JST)


@pytest.mark.parametrize("method", ["open", "selective", "limited"])
def test_a_public_tender_is_not_reopened_after_its_deadline(database: Database, method: str) -> None:
    with database.command("city") as session:
        buyer = city.open_city(session)
        tender = city.published(session, buyer, method=method)
        with clock.freeze(tender.submissions_until), pytest.raises(tender_days.DeadlineOver):
            tenders.change(
                session, buyer, tender.id, tender.version,
                city.facts(method=method, submissions_until=later(8)), "延長",
            )  # fmt: skip


def opened(database: Database, place: Any) -> datetime:
    """Both officers have opened the quotations at the deadline; when that was."""
    with database.command("look") as session:
        until = session.get_one(Tender, place[0]).submissions_until
    with clock.freeze(until):
        for officer, code in place[1]:
            with database.command("open") as session:
                opening.give_code(session, place[3], officer, place[0], code)
    return until


def test_one_officer_cannot_change_the_estimate_after_the_opening(database: Database, locked: Any) -> None:
    tender_id, pairs, _shoko, ring = locked
    with clock.freeze(opened(database, locked) + timedelta(minutes=5)), database.command("change") as session:
        tender = session.get_one(Tender, tender_id)
        for change in ({"estimate": 1_000_000}, {"submissions_until": later(8)}):
            facts = tenders.facts_of(tender) | change
            with pytest.raises(tender_days.DeadlineOver):
                service.change(session, ring, pairs[0][0], tender_id, tender.version, facts, "誤記の訂正")
        opening.decide(session, pairs[0][0], tender_id, tender.version)
        assert tender.state == "awarded"


def test_nothing_is_filed_once_the_quotations_are_open(database: Database, locked: Any) -> None:
    """Not even where somebody moved the deadline in the database."""
    tender_id, _pairs, shoko, ring = locked
    until = opened(database, locked)
    with database.command("attack") as session:
        session.execute(update(Tender).values(submissions_until=until + timedelta(days=9)))
    with database.command("file") as session:
        tender = session.get_one(Tender, tender_id)
        other = session.scalars(select(Company).where(Company.id != shoko.company)).first()
        assert other
        with pytest.raises(sealed_rules.FilingOver):
            service.keep(session, ring, tender, other.id, service.id_of(shoko), Said(1, 1, ""))
        with pytest.raises(rules.NotYetClosed):
            opening.decide(session, locked[1][0][0], tender_id, tender.version)
        assert opening.stand(session, tender).winner is not None


def test_a_filing_and_the_opening_come_one_after_the_other(database: Database, locked: Any) -> None:
    """Whoever was taken in before the deadline is opened with the others, however long the filing took."""
    tender_id, pairs, shoko, ring = locked
    with database.command("look") as session:
        until = session.get_one(Tender, tender_id).submissions_until
        other = session.scalars(select(Company.id).where(Company.id != shoko.company)).first()

    def open_it() -> bool:
        with database.command("second") as session:
            return opening.give_code(session, ring, pairs[1][0], tender_id, pairs[1][1])

    with ThreadPoolExecutor(1) as pool:
        with clock.freeze(until), database.command("first") as session:
            opening.give_code(session, ring, pairs[0][0], tender_id, pairs[0][1])
        with clock.freeze(until):
            with database.command("file") as session:
                with clock.freeze(until - timedelta(seconds=1)):
                    tender = session.get_one(Tender, tender_id)
                    service.keep(session, ring, tender, other, service.id_of(shoko), Said(99, 1, ""))  # type: ignore[arg-type]
                second = pool.submit(open_it)
            assert second.result() is True
    with database.command("look") as session:
        assert set(session.scalars(select(Quotation.amount))) == {99, AMOUNT}


MORE = {"title": "図面", "url": "https://city.example/2.pdf"}
TRIPLE = {"title": "架空の用品の購入（数量3倍）", "quantity": 300, "item": "机", "unit": "台"}


def amend(database: Database, place: Any, **changes: Any) -> None:
    with database.command("amend") as session:
        tender = session.get_one(Tender, place[0])
        facts = tenders.facts_of(tender) | changes
        service.change(session, place[3], place[1][0][0], tender.id, tender.version, facts, "数量を3倍に")


def test_a_quotation_counts_for_what_was_bought_when_it_was_filed(database: Database, locked: Any) -> None:
    tender_id, _pairs, shoko, _ring = locked
    amend(database, locked, **TRIPLE)
    with database.command("look") as session:
        assert service.FILE_AGAIN[0] in city.titles(session, shoko.company), "they are told"
    opened(database, locked)
    with database.command("look") as session:
        one = session.scalars(select(Quotation)).one()
        assert (one.amount, one.fault) == (None, "outdated"), "nobody read it"
        assert opening.stand(session, session.get_one(Tender, tender_id)).winner is None


def test_what_was_filed_for_something_else_is_filed_anew_until_the_deadline(database: Database, locked: Any) -> None:
    tender_id, _pairs, shoko, ring = locked
    amend(database, locked, **TRIPLE)
    with database.command("file") as session:
        tender = session.get_one(Tender, tender_id)
        service.file(session, ring, shoko, tender, Said(1_900_000, 3, ""))
        with pytest.raises(sealed_rules.AlreadyFiled):
            service.file(session, ring, shoko, tender, Said(1, 3, ""))
    opened(database, locked)
    with database.command("look") as session:
        winner = opening.stand(session, session.get_one(Tender, tender_id)).winner
        assert winner
        assert winner.amount == 1_900_000


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_an_explanation_leaves_what_was_filed(database: Database, locked: Any) -> None:
    with database.command("look") as session:
        papers = session.get_one(Tender, locked[0]).documents
    amend(database, locked, documents=[*papers, MORE], site_visit="3階", submissions_until=later(12))
    with database.command("look") as session:
        assert service.FILE_AGAIN[0] not in city.titles(session, locked[2].company)
    opened(database, locked)
    with database.command("look") as session:
        assert session.scalars(select(Quotation.amount)).one() == AMOUNT


def lower_the_estimate(session: Session) -> None:
    session.execute(update(Tender).values(estimate=1_000_000))


def empty_the_estimate(session: Session) -> None:
    session.execute(update(Tender).values(estimate=None))


def let_old_ones_count(session: Session) -> None:
    session.execute(update(QuotationLock).values(terms=1))


@pytest.mark.parametrize("attack", [lower_the_estimate, empty_the_estimate, let_old_ones_count])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_estimate_and_terms_are_bound_to_the_lock(
    database: Database,
    locked: Any,
    attack: Callable[[Session], None],
) -> None:
    amend(database, locked, **TRIPLE)
    with database.command("attack") as session:
        attack(session)
    with pytest.raises(sealed_rules.LockBroken):
        opened(database, locked)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_new_number_of_terms_lets_no_old_quotation_count(database: Database, locked: Any) -> None:
    amend(database, locked, **TRIPLE)
    with database.command("attack") as session:
        session.execute(update(Quotation).values(terms=2))
    opened(database, locked)
    with database.command("look") as session:
        assert session.scalars(select(Quotation.fault)).one() == "unreadable"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_locks_from_before_the_estimate_was_bound_still_open(database: Database, locked: Any) -> None:
    tender_id, _pairs, _shoko, ring = locked
    with database.command("before") as session:
        tender, lock = session.get_one(Tender, tender_id), session.get_one(QuotationLock, tender_id)
        _lock, share = service.locked(session, ring, tender)
        wrapped = ring.wrap(share, seal.bound_share_before(tender.id, tender.submissions_until, lock.public_key))
        lock.key_id, lock.portal_share = wrapped.key_id, wrapped.sealed
    opened(database, locked)


def test_sealed_is_not_switched_on_by_an_amendment(database: Database, town: None, settings: Settings) -> None:
    with database.command("city") as session:
        buyer = _actor(session, cast.BUYER)
        facts = SEALED | {"sealed": False}
        tender = city.published(session, buyer, **facts)
        with pytest.raises(tender_days.Fixed):
            service.change(
                session, settings.file_ring, buyer, tender.id, tender.version,
                tenders.facts_of(tender) | {"sealed": True}, "電子に変更",
            )  # fmt: skip
        assert tender.sealed is False


def test_a_refused_publication_leaves_no_lock(database: Database, town: None, staff_client: StaffClient) -> None:
    kaoru, tetsuo = staff_client(Role.BUYER), staff_client(Role.BUYING_CHIEF)
    for who in (kaoru, tetsuo):
        who.submit(who.get("/staff/opening-code"), "/staff/opening-code")
    near = business_days_from(clock.today(), 3)
    days = day_fields("deadline", near) | day_fields("questions_until", clock.today())
    page = write(kaoru, method="limited", estimate="2,000,000", sealed="y", **days)
    assert press(kaoru, page, "publish").status == 422
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(QuotationLock)) == 0


def test_an_officer_who_presses_twice_has_one_code(database: Database, town: None, settings: Settings) -> None:
    with database.command("look") as session:
        buyer = _actor(session, cast.BUYER)

    def press_it(_: int) -> str:
        try:
            with database.command("code") as session:
                return service.make_code(session, buyer)
        except sealed_rules.CodeMadeTwice:
            return ""

    with ThreadPoolExecutor(4) as pool:
        codes = [code for code in pool.map(press_it, range(4)) if code]
    assert codes
    with database.command("publish") as session:
        [key] = session.scalars(select(OpeningKey).where(OpeningKey.ended_at.is_(None)))
        made = [seal.public_bytes(seal.officer_key(code, service.id_of(buyer))) for code in codes]
        assert key.public_key in made, "the code that was shown is the one that counts"
        tender = tenders.write(session, buyer, city.facts(**SEALED), ocid_prefix=city.PREFIX)
        with pytest.raises(sealed_rules.OfficersMissing):
            service.publish(session, settings.file_ring, buyer, tender.id, 1)


def test_the_pages_of_a_tender_whose_deadline_is_over(
    app: Flask, database: Database, town: None, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    kaoru = staff_client(Role.BUYER)
    page = write(kaoru)
    press(kaoru, page, "publish")
    form = kaoru.get(f"{page.path}/change")
    assert form.status == 200
    days = day_fields("deadline", business_days_from(clock.today(), 9)) | day_fields("questions_until", clock.today())
    typed = {"title": "別の件名", "method": "limited", "why": "訂正", **days}
    refused = kaoru.submit(form, f"{page.path}/change", **typed)
    assert refused.status == 422
    assert any((error.get("id") or "").startswith("method") for error in refused.find("p", class_="field__error"))
    with clock.freeze(the_tender(database).submissions_until):
        kaoru = staff_client(Role.BUYER)
        assert f"{page.path}/change" not in kaoru.get(page.path).links()
        late = kaoru.get(f"{page.path}/change")
        assert late.status == 409
        version = str(the_tender(database).version)
        assert kaoru.post(f"{page.path}/change", typed | {"version": version}, page=kaoru.get(page.path)).status == 409
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(TenderRelease)) == 1


def test_a_company_files_again_on_its_page(
    database: Database,
    locked: Any,
    business_client: BusinessClient,
) -> None:
    shoko = business_client("shoko")
    with database.command("look") as session:
        number = session.get_one(Tender, locked[0]).number
    form = f"/business/tenders/{number}/quotation"
    typed = {"quotation": "1800000", "again": "1800000", "draw": "7", "note": ""}
    assert shoko.post(form, typed, page=shoko.get(form)).status == 409
    amend(database, locked, **TRIPLE)
    assert shoko.submit(shoko.get(form), form, **typed).status == 200
    opened(database, locked)
    with database.command("look") as session:
        assert session.scalars(select(Quotation.amount)).one() == 1_800_000


def test_an_amendment_that_lets_nobody_in_writes_no_empty_notice(database: Database, town: None) -> None:
    with database.command("amend") as session:
        buyer = city.buyer(session)
        tender = city.published(session, buyer)
        facts = tenders.facts_of(tender) | {"site_visit": "現地説明会は10日です。"}
        tenders.change(session, buyer, tender.id, tender.version, facts, "説明会")
        notices = session.scalars(select(BusinessNotice).where(BusinessNotice.title == matching.NEW_TENDER[0])).all()
        assert len(notices) == 1, "the tender itself"
        told = select(BusinessDelivery.notice_id).distinct()
        assert session.scalars(select(BusinessNotice.id).where(BusinessNotice.id.not_in(told))).all() == []
