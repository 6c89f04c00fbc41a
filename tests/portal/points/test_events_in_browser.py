"""Pages of events, of what they cost, of taking back, of a payment that waits and of shops, as a browser shows them: nothing
axe holds against them, and none wider than a small phone."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points.ledger.rules import Reason
from portal.points.partners import confirming, contracts, touching
from portal.points.partners.confirm_rules import State
from portal.points.partners.models import PointConfirmation
from portal.points.programmes.rules import Unit
from portal.points.volunteering import hosting
from portal.points.volunteering.models import VolunteerPlace
from portal.web.signed_in import WebSession
from tests.conftest import ResidentClient, StaffClient
from tests.portal.cards.test_in_browser import Show, is_sound, show  # noqa: F401 - a fixture
from tests.portal.points.offered import ONE, activity, apply, approve, host, person, programme

pytestmark = pytest.mark.journey
FAIR = "fair-2026"


@pytest.fixture
def fair(database: Database, cast_residents: None, cast_staff: None) -> UUID:
    """An event of three sessions; the first is over, and who was there is confirmed."""
    programme(database, code=FAIR, unit=Unit.ACT, reason=Reason.EVENT, points=50, budget=100_000)
    host_id = host(database, code=FAIR)
    with clock.freeze(clock.now() - timedelta(days=3)):
        one = activity(database, host_id, seats=40, walk_in=True)
        crowd = (cast.HANAKO, cast.TARO, cast.MARIA, cast.KAITO, cast.AOI)
        places = [apply(database, who, one) for who in crowd]
    approve(database, one, dict.fromkeys(places, 120))
    facts = {
        "title": "防災を学ぶ夜", "about": "備えと避難を、地図を見ながら話し合います。", "ward": "緑区",
        "meeting": "おゆみ野公民館", "seats": 40, "walk_in": True,
    }  # fmt: skip
    begins = [clock.now() + timedelta(days=days) for days in (1, 8, 15)]
    sessions = [facts | {"starts_at": at, "ends_at": at + timedelta(hours=2)} for at in begins]
    with database.command("publish") as session:
        hosting.publish(session, hosting.host(session, host_id), sessions)
    return one


def test_events_have_no_barriers(
    fair: UUID,
    database: Database,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    hanako, ichiro, keeper = resident_client("hanako"), resident_client("ichiro"), staff_client(Role.POINTS_KEEPER)
    found = is_sound(show(hanako, "/points/volunteering?kind=event"))
    expect(found.locator("main li")).to_have_count(3)
    evening = str(found.locator("main li a").first.get_attribute("href"))
    is_sound(show(hanako, evening))
    is_sound(show(hanako, "/points/volunteering/mine"))
    coming = evening.rpartition("/")[2]
    apply(database, cast.HANAKO, UUID(coming))
    is_sound(show(ichiro, f"/points/hosting/activities/{coming}"))
    with database.command("over") as session:
        one = hosting.activity(session, UUID(coming))
        one.starts_at, one.ends_at = clock.now() - timedelta(hours=3), clock.now() - timedelta(hours=1)
    board = is_sound(show(ichiro, f"/points/hosting/activities/{coming}"))
    board.locator("select[name^=minutes-]").select_option("yes")
    board.locator("form[action$='/hours'] button").click()
    expect(board.locator("main")).to_contain_text("参加確認済み")
    is_sound(show(keeper, f"/staff/volunteering/activities/{coming}"))
    new = str(keeper.get(f"/staff/volunteering/activities/{coming}").path).replace(f"activities/{coming}", "hosts/")
    with database.command("look") as session:
        new += f"{hosting.activity(session, fair).host_id}/new"
    is_sound(show(keeper, new))


def test_costs_and_taking_back_have_no_barriers(
    fair: UUID,
    database: Database,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    show: Show,  # noqa: F811
) -> None:
    ichiro, keeper = resident_client("ichiro"), staff_client(Role.POINTS_KEEPER)
    is_sound(show(keeper, "/staff/points/costs"))
    with database.command("look") as session:
        mine = session.scalars(select(VolunteerPlace.id).limit(1)).one()
    page = is_sound(show(ichiro, f"/points/hosting/places/{mine}/back"))
    page.locator("input[name=why]").fill("別の人と取り違えていました。")
    page.locator("main form button").click()
    expect(page.locator("main")).to_contain_text("不参加")
    is_sound(show(keeper, f"/staff/volunteering/places/{mine}/back"))


def test_a_payment_that_waits_and_the_list_of_shops_have_no_barriers(
    shop: UUID,
    town: Database,
    resident_client: ResidentClient,
    show: Show,  # noqa: F811
) -> None:
    hanako, ichiro = resident_client("hanako"), resident_client("ichiro")
    is_sound(show(hanako, "/points/shops/list"))
    is_sound(show(ichiro, f"/points/shops/{shop}/presence"))
    with town.command("ask") as session:
        one = contracts.partner(session, shop)
        persona = cast.HANAKO.persona
        touched = touching.Touch(cast.card_id(persona), cast.service_number("points", persona), 2_000)
        answered = touching.challenge(session, ONE, one, touched)
        reference = confirming.ask(session, ONE, one, touched, answered=answered, key="k").reference
        session.execute(update(WebSession).values(assurance=2, started_at=clock.now()))
    is_sound(show(hanako, "/points/payments"))
    page = is_sound(show(hanako, f"/points/payments/{reference}"))
    page.locator("form[action$='/agree'] button").click()
    expect(page.locator("main")).to_contain_text("支払いました")
    with town.command("look") as session:
        assert session.get_one(PointConfirmation, reference).state == State.PAID
        assert confirming.waiting(session, person(session, cast.HANAKO)) == []
