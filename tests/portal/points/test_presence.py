"""A shop says where it is and when it is open; residents see it in the list of shops by ward."""

from pathlib import Path
from uuid import UUID

import pytest

from portal.config import Settings
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import devices as demo_devices
from portal.points.partners import contracts
from tests.conftest import ResidentClient
from tests.portal.points.offered import ONE
from tests.portal.points.shops import FACTS, open_shop
from tests.portal.points.till import place

NEW = {"trade": "パンとお菓子", "ward": "緑区", "address": "おゆみ野1-2-3", "opening": "10時〜19時、水曜定休"}


@pytest.fixture
def shop(database: Database, settings: Settings, cast_residents: None) -> UUID:
    return open_shop(database, settings)


def test_a_shop_changes_its_words_and_residents_see_them_at_once(
    shop: UUID, resident_client: ResidentClient, worker: Worker
) -> None:
    ichiro, hanako = resident_client("ichiro"), resident_client("hanako")
    here = f"/points/shops/{shop}/presence"
    assert here in ichiro.get(f"/points/shops/{shop}").links()
    page = ichiro.get(here)
    assert next(page.find("input", name="address")).get("value") == FACTS["address"]
    for bad in ({"address": ""}, {"ward": "千代田区"}, {"opening": "あ" * 301}):
        assert ichiro.submit(page, here, **(NEW | bad)).status == 422, bad
    assert ichiro.submit(page, here, **NEW).status == 200
    found = hanako.get("/points/shops/list?ward=緑区")
    assert NEW["opening"] in found.text
    assert NEW["address"] in found.text
    assert FACTS["name"] not in hanako.get("/points/shops/list?ward=中央区").text
    worker.run_pending()
    assert "店舗案内が変わりました" in ichiro.get("/mailbox").text


def test_who_does_not_act_for_the_shop_changes_nothing(shop: UUID, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    here = f"/points/shops/{shop}/presence"
    assert hanako.get(here).status == 404
    assert hanako.post(here, NEW, page=hanako.get("/points")).status == 404


def test_name_and_telephone_number_stay_those_of_the_contract(
    shop: UUID, database: Database, resident_client: ResidentClient
) -> None:
    """The city calls back at that number before money goes to another account."""
    ichiro = resident_client("ichiro")
    here = f"/points/shops/{shop}/presence"
    ichiro.post(here, NEW | {"phone": "0430000000", "name": "別の店", "state": "ended"}, page=ichiro.get(here))
    with database.command("look") as session:
        one = contracts.partner(session, shop)
        assert (one.phone, one.name, one.state) == (FACTS["phone"], FACTS["name"], "active")


def test_a_shop_that_takes_no_points_is_not_listed(
    shop: UUID, database: Database, resident_client: ResidentClient
) -> None:
    hanako = resident_client("hanako")
    assert FACTS["name"] in hanako.get("/points/shops/list").text
    with database.command("suspend") as session:
        contracts.suspend(session, shop, f"調査中（{ONE.label}）")
    assert FACTS["name"] not in hanako.get("/points/shops/list").text


def test_a_shop_hears_that_its_terminal_stands_in_another_one(
    shop: UUID, database: Database, settings: Settings, resident_client: ResidentClient, worker: Worker, tmp_path: Path
) -> None:
    """Two members of staff move it, and what cards pay on it goes with it: the shop reads of that, once each time."""
    ichiro, other = resident_client("ichiro"), open_shop(database, settings, "はまの湯")
    words = "の端末が、別のお店に置かれました"

    def told(at: UUID) -> int:
        place(database, tmp_path, demo_devices.SHOP, at)
        worker.run_pending()
        return ichiro.get("/mailbox").text.count(words)

    assert [told(at) for at in (shop, shop, other, other, shop)] == [0, 0, 1, 1, 2]
