"""A section's file of facts: what is taken, what is refused and why, and that the newer ends the older."""

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import select

from portal.core import clock
from portal.core.audit import Purpose, Record
from portal.core.uow import Database
from portal.demo import cast
from portal.facts import catalogue, command, import_csv, taking
from portal.facts import service as facts
from portal.facts.models import Fact
from portal.facts.wording import WORDING
from tests.conftest import ResidentClient

ICHIRO, TARO = cast.ICHIRO.addressee_number, cast.TARO.addressee_number
HEAD = "宛名番号,項目,内容,開始日,終了日,備考\n"
GOOD = (
    f"{ICHIRO},care_level,support-1,令和7年4月1日,,x\n{ICHIRO},care_level,care-1,2026-06-01,,\n"
    f"{TARO},dog,２,2026-01-01,,\n"
)
BAD = (
    ("999,dog,1,2026-01-01,,", "number-of-nobody"),
    (f"{TARO},cat,1,2026-01-01,,", "fact-unknown"),
    (f"{TARO},insurance,best,2026-01-01,,", "fact-value-unknown"),
    (f"{TARO},single_parent,no,2026-01-01,,", "fact-value-not-yes"),
    (f"{TARO},dog,1,someday,,", "date-not-understood"),
    (f"{TARO},dog,1,2026-03-01,2026-02-01,", "fact-ends-before-it-begins"),
    (f"{TARO},dog,2,2026-01-01,,", "fact-twice"),
    ("1,dog", "row-wrong-width"),
)


def run(database: Database, text: str, *, encoding: str = "cp932", step: Any = import_csv.IMPORT) -> import_csv.Report:
    def opener() -> Any:
        return database.command("import facts", Purpose.REGISTER)

    return import_csv.run(
        io.BytesIO(text.encode(encoding)), opener, lambda read: None, step=step, source="介護保険管理課"
    )


def test_rows_are_taken_once_and_the_newer_ends_the_older(database: Database, cast_residents: None) -> None:
    previewed = run(database, HEAD + GOOD, step=import_csv.PREVIEW)
    first, again = run(database, HEAD + GOOD), run(database, HEAD + GOOD, encoding="utf-8")
    assert (previewed.taken, first.taken, again.taken) == ((3, 0, 0), (3, 0, 0), (0, 0, 3))
    corrected = run(database, HEAD + GOOD.replace("care-1", "care-2"))
    assert corrected.taken == (0, 1, 2)
    with database.command("look") as session:
        rows = session.execute(select(Fact.value, Fact.since, Fact.until).where(Fact.name == "care_level")).all()
        assert sorted(map(tuple, rows)) == [
            ("care-2", date(2026, 6, 1), None),
            ("support-1", date(2025, 4, 1), date(2026, 5, 31)),
        ]
        changes = select(Record.action).where(Record.what == "facts", Record.subject.is_not(None))
        assert sorted(session.scalars(changes)) == ["change", "create", "create"]


def test_each_bad_row_is_told_and_the_good_ones_are_taken(database: Database, cast_residents: None) -> None:
    report = run(database, HEAD + GOOD + "\n".join(row for row, _ in BAD))
    assert sorted(cell.code for cell in report.refused) == sorted(code for _, code in BAD)
    assert {cell.code for cell in report.refused} <= set(WORDING)
    assert report.taken.new == 3


def test_the_command_says_what_it_did(database: Database, cast_residents: None, tmp_path: Path) -> None:
    file, said = tmp_path / "facts.csv", Console(file=io.StringIO(), width=120)
    file.write_text(HEAD + GOOD + "999,dog,1,2026-01-01,,\n", "utf-8")
    status = command.import_facts(database, file, said, source="介護保険管理課", preview=False)
    assert status == 1
    assert "Line 5 宛名番号" in said.file.getvalue()
    file.write_bytes(b"\xff\xfe\x00")
    assert command.import_facts(database, file, said, source="x", preview=True) == 1


def test_what_ended_is_forgotten_when_the_catalogue_says(database: Database, cast_residents: None) -> None:
    kept = catalogue.retention()["dog"].days
    ended = clock.today() - timedelta(days=kept + 1)
    run(database, HEAD + f"{TARO},dog,1,2010-01-01,{ended},\n{ICHIRO},dog,1,2010-01-01,,\n")
    with database.job("forget") as session:
        taking.forget_old(session, {})
    with database.command("look") as session:
        assert len(session.scalars(select(Fact)).all()) == 1


def test_a_resident_sees_what_is_known_but_not_what_is_closed(
    database: Database, resident_client: ResidentClient
) -> None:
    run(database, HEAD + GOOD + f"{ICHIRO},tax_due,98765,2026-01-01,,\n")
    ichiro = resident_client("ichiro")
    closed = ichiro.get("/my-data/facts")
    assert "要介護1" in closed.text
    assert "98,765" not in closed.text
    with database.command("agrees") as session:
        whose = session.scalars(select(Fact.resident_id).where(Fact.name == "tax_due")).one()
        facts.give_consent(session, whose, "tax")
    assert "98,765" in ichiro.get("/my-data/facts").text


@pytest.mark.parametrize("topic", ["weather", ""])
def test_there_is_nothing_else_to_agree_to(database: Database, topic: str) -> None:
    with database.command("agrees") as session, pytest.raises(facts.TopicUnknown):
        facts.give_consent(session, clock.now(), topic)  # type: ignore[arg-type]
