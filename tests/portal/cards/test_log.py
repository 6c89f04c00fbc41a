"""The card's own log as its holder reads it: a line a visit, with the services it was about, also after the card ended."""

from datetime import date, timedelta
from uuid import uuid4

from portal.cards import log_rules
from portal.cards.models import CardLogRecord, CardVisit, CityCard
from portal.cards.rules import Service
from portal.core import clock
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.demo import cast
from tests.conftest import ResidentClient
from tests.portal.cards.desk import id_of


def test_the_records_of_one_visit_are_one_line() -> None:
    card, now = uuid4(), clock.now()
    told = [
        ("21", "written", "3FFF", 0, "CHUO"), ("21", "read", "FF62", 0, "CHUO"), ("21", "read", "FF61", 1, "CHUO"),
        ("11", "read", "FF61", 2, "LIB-0001"), ("11", "read", "FF61", 30, "LIB-0001"), ("10", "pin-set", "0000", 30, ""),
    ]  # fmt: skip
    records = [
        CardLogRecord(card_id=card, kvn=kvn, op=op, tag=tag, at=now - timedelta(minutes=ago), terminal=terminal)
        for kvn, op, tag, ago, terminal in told
    ]
    assert [(one.kvn, one.did) for one in log_rules.visits(records)] == [
        ("21", {"written": set(Service), "read": {Service.LIBRARY, Service.SPORTS}}),
        ("11", {"read": {Service.LIBRARY}}), ("11", {"read": {Service.LIBRARY}}), ("10", {"pin-set": set()}),
    ]  # fmt: skip


def test_a_place_is_that_of_the_terminal_with_this_key_and_not_of_one_that_read_what_was_written() -> None:
    card, now = uuid4(), clock.now()
    told = [CardVisit(card_id=card, service="library", terminal="中央図書館", at=now)]

    def place(kvn: str, op: str, tag: str) -> str:
        [visit] = log_rules.visits(
            [CardLogRecord(card_id=card, kvn=kvn, op=op, tag=tag, at=now - timedelta(seconds=5), terminal="CHUO")]
        )
        return log_rules.place_of(visit, told)

    assert place("11", "read", "FF61") == place("31", "read", "FF61") == "中央図書館"
    assert [place("21", "written", "3FFF"), place("21", "read", "FF61"), place("12", "read", "FF62")] == ["", "", ""]


def test_who_read_an_ended_card_is_still_seen(database: Database, resident_client: ResidentClient) -> None:
    holder, now = resident_client("hanako"), clock.now()
    hanako = id_of(database, cast.HANAKO)
    with database.command("an ended card") as session:
        card = CityCard(
            id=new_id(), resident_id=hanako, number="0a" * 10, issuer="121002", issued_at=now, expires=date(2031, 3, 31),
            stopped_at=now, ended_at=now, why="returned",
        )  # fmt: skip
        session.add(card)
        session.flush()
        session.add(
            CardLogRecord(
                card_id=card.id, number=1, kvn="11", op="read", tag="FF61", at=now, terminal="LIB-0001", kept_at=now
            )
        )
    page = holder.get("/my-card")
    assert "終了しました" in page.text
    assert "LIB-0001" in page.text
    assert "図書館" in page.text
