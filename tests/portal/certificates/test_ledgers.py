"""Registered seals and municipal tax: taken in from files, and on the papers of their owner alone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console

from portal.certificates import rules, service
from portal.certificates.ledgers import command
from portal.certificates.ledgers import service as ledgers
from portal.certificates.ledgers.service import Impression
from portal.certificates.service import Kind
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.load import load_city
from portal.residents import service as residents
from tests.portal.certificates.city import MORNING, at_kiosk, coins, proof
from tests.portal.certificates.papers import accounts, assessment, impression
from tests.portal.certificates.test_orders import text_of

TAX = "市民税・県民税・森林環境税"
TAX_HEAD = f"宛名番号,年度,1月1日の住所,扶養人数,給与収入,合計所得金額,年税額,{TAX} 納付すべき額,{TAX} 納付済額"


@pytest.fixture
def taro(database: Database) -> UUID:
    with database.command("test") as session:
        load_city(session, residents=0)
        found = residents.find_by_number(session, cast.TARO.addressee_number)
        assert found
        return found.id


@pytest.fixture
def work(database: Database) -> Callable[[], object]:
    return lambda: database.page(Actor(ActorKind.CLIENT, None, "kiosk"), Purpose.CERTIFICATE, writes=True)


def register(session, taro: UUID, side: int = 150) -> None:
    ledgers.register_seal(
        session, taro, number="架空-1", impression=Impression(impression(), side, side), on=date(2020, 4, 1)
    )


def print_one(work, settings: Settings, taro: UUID, kind: str, options: dict[str, str]) -> str:
    desk, caller = service.open_desk(settings), at_kiosk(taro)
    with clock.freeze(MORNING):
        with work() as session:
            placed = service.order(session, desk, caller, kind=kind, options=options, copies=1)
        with work() as session:
            service.pay(session, desk, placed.order_id, proof(caller, placed), coins())
        with work() as session:
            return text_of(service.render(session, desk, placed.order_id, proof(caller, placed)).pdf)


def test_a_registered_seal_is_certified_and_a_given_up_one_is_not(work, settings: Settings, taro: UUID) -> None:
    with work() as session:
        register(session, taro)
    text = print_one(work, settings, taro, "seal", {})
    for words in ("印鑑登録証明書", cast.TARO.name, "登録されている印影"):
        assert words.replace(" ", "") in text.replace(" ", "")
    with work() as session:
        assert ledgers.end_seal(session, taro)
    with pytest.raises(rules.SealNotRegistered):
        print_one(work, settings, taro, "seal", {})


def test_a_new_seal_between_order_and_print_stops_the_paper(work, settings: Settings, taro: UUID) -> None:
    desk, caller = service.open_desk(settings), at_kiosk(taro)
    with work() as session:
        register(session, taro)
    with work() as session:
        placed = service.order(session, desk, caller, kind="seal", options={}, copies=1)
    with work() as session:
        service.pay(session, desk, placed.order_id, proof(caller, placed), coins())
    with work() as session:
        register(session, taro, side=140)
    with pytest.raises(rules.RegisterChanged), work() as session:
        service.render(session, desk, placed.order_id, proof(caller, placed))


def test_income_and_payment_are_certified_for_the_years_the_city_knows(work, settings: Settings, taro: UUID) -> None:
    with work() as session:
        ledgers.take_assessment(session, taro, assessment())
        ledgers.take_accounts(session, taro, 2026, accounts())
    income = print_one(work, settings, taro, "income", {"year": "2026"})
    for words in ("課税（所得）証明書", "令和8年度", "3,720,000円", "254,300円", "千葉市長", "2026-100-000001"):
        assert words in income
    paid = print_one(work, settings, taro, "tax-payment", {"year": "2026"})
    for words in ("127,300円", "軽自動車税", "10,800円", "2026-100-000002"):
        assert words in paid
    with pytest.raises(rules.NoTaxRecord):
        print_one(work, settings, taro, "income", {"year": "2025"})


def test_the_files_of_other_systems_are_taken_in(database: Database, work, tmp_path: Path, taro: UUID) -> None:
    (tmp_path / "seal.png").write_bytes(impression())
    seals = tmp_path / "seals.csv"
    good = f"{cast.TARO.addressee_number},1-2,seal.png,150,150,令和2年4月1日"
    hanako = cast.HANAKO.addressee_number
    bad = [
        "999999999999999,2,seal.png,150,150,2020-4-1",
        f"{hanako},3,../seal.png,150,150,2020-4-1",
        f"{hanako},4,seal.png,999,150,2020-4-1",
    ]
    seals.write_text("\n".join(["宛名番号,登録番号,印影,幅,高さ,登録日", good, *bad]), encoding="cp932")
    taxes = tmp_path / "taxes.csv"
    taxes.write_text(
        f'{TAX_HEAD}\n{cast.TARO.addressee_number},2026,千葉市,1,"5,200,000",3720000,254300,254300,127000\n'
    )
    console = Console(record=True, width=120)
    assert command.import_file(database, seals, console, what="seals") == 1
    assert command.import_file(database, taxes, console, what="taxes") == 0
    said = console.export_text()
    assert "1 rows taken, 3 left out" in said
    assert [f"Line {line}:" in said for line in (2, 3, 4, 5)] == [False, True, True, True]
    with work() as session:
        assert ledgers.has_seal(session, taro)
        told = ledgers.assessment_of(session, taro, 2026, case_ref="test")
        (account,) = ledgers.accounts_of(session, taro, 2026, case_ref="test")
    assert told
    assert (told.amounts["total"], told.dependants) == (3_720_000, 1)
    assert (account.owed, account.paid, account.overdue) == (254_300, 127_000, 127_300)


def test_what_cannot_be_certified_says_why_before_anybody_pays(work, settings: Settings, taro: UUID) -> None:
    with work() as session:
        register(session, taro)
        offers = service.kinds_for(session, service.open_desk(settings), at_kiosk(taro))
    assert {offer.kind: type(offer.why_not) for offer in offers if offer.why_not} == {
        Kind.INCOME: rules.NoTaxRecords,
        Kind.TAX_PAYMENT: rules.NoTaxRecords,
    }
