"""What a resident sees of their points."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.cards import service as cards
from portal.core import clock
from portal.core.money import Points
from portal.core.uow import Database
from portal.demo import cast
from portal.points import rules, service
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Reason
from portal.points.rules import Rank
from portal.residents import service as residents
from tests.browser import Page
from tests.conftest import ResidentClient
from tests.portal.points.books import payment, people

__all__ = ["people"]


def resident(database: Database, person: cast.Resident = cast.HANAKO) -> UUID:
    with database.command("look") as session:
        found = residents.find_by_number(session, person.addressee_number)
        assert found
        return found.id


def earn(database: Database, person: UUID, amount: int, *, days_ago: int = 0) -> None:
    with database.command("earn") as session:
        at = clock.now() - timedelta(days=days_ago)
        account = ledger.account_of(session, person)
        ledger.grant(session, Entry(str(uuid4()), ledger.city(session), account, amount, Reason.EVENT, at=at))


def amounts(page: Page) -> list[int]:
    """What came and went, in the order of the list."""
    rows = page.find("li", class_="list__row")
    return [int(next(part for part in row if part.get("class") == "number").text or "") for row in rows]


def test_the_page_tells_balance_days_rank_and_history(database: Database, resident_client: ResidentClient) -> None:
    hanako = resident(database)
    earn(database, hanako, 300, days_ago=60)
    earn(database, hanako, 150)
    with database.command("spend") as session:
        ledger.spend(session, payment(session, ledger.account_of(session, hanako), 100))
    page = resident_client("hanako").get("/points")
    assert "350" in page.text
    assert "レギュラー" in page.text
    assert "あと50ポイント" in page.text  # spending does not take from the way to the next rank
    rows = [" ".join("".join(row.itertext()).split()) for row in page.find("tr")]
    assert amounts(page) == [-100, 150, 300]
    assert [row.rpartition("）")[2] for row in rows if row.startswith("令和") and " " not in row] == ["200", "150"]


def test_a_long_history_is_leafed_through_without_gap_or_repeat(
    database: Database, resident_client: ResidentClient
) -> None:
    hanako = resident(database)
    for amount in range(1, 46):
        earn(database, hanako, amount, days_ago=amount // 4)  # several at a time
    visitor, seen, path = resident_client("hanako"), [], "/points"
    while path:
        page = visitor.get(path)
        seen += amounts(page)
        path = next((link for link in page.links() if link.startswith("/points?before=")), "")
    assert sorted(seen) == list(range(1, 46))
    assert visitor.get("/points?before=yesterday_x").status == 200


def test_the_rank_follows_what_was_earned_in_a_year_and_stays_for_the_days_of_grace(
    database: Database, people: None
) -> None:
    """Never the balance: whoever spends everything keeps the rank."""
    hanako = resident(database)
    earn(database, hanako, 600)
    with database.command("spend") as session:
        ledger.spend(session, payment(session, ledger.account_of(session, hanako), 600))
    ranks = []
    for days in (0, 364, 366, 366 + 90):
        with clock.freeze(clock.now() + timedelta(days=days)), database.command("look") as session:
            ranks.append((service.rank(session, hanako), service.standing(session, hanako).kept_only))
    assert ranks == [(Rank.SILVER, False), (Rank.SILVER, False), (Rank.SILVER, True), (Rank.REGULAR, False)]


def test_the_rank_is_noted_for_the_card(database: Database, cast_residents: None) -> None:
    hanako = resident(database)
    with database.command("card") as session:
        cards.use(session, hanako, cards.Service.POINTS)
        service.credit(session, hanako, Points(2_000), reason=Reason.VOLUNTEERING, key="many hours")
        noted = select(cards.ServiceId.note).where(cards.ServiceId.resident_id == hanako)
        assert session.scalars(noted).all() == [Rank.GOLD]
    assert rules.rank_of(499) is Rank.REGULAR
