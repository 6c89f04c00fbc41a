"""What the law shows everybody, and nothing of people."""

import csv
import io
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from portal.companies.models import Company
from portal.core import clock
from portal.core.uow import Database
from portal.demo.business_people import COMPANY, corporate_number
from portal.procurement import suspending
from portal.procurement.models import Suspension
from portal.procurement.registers import public, service
from portal.procurement.registers.rules import Row
from tests.browser import Visitor
from tests.portal.basics.people import kaoru, ritsuko

PAGE = "/open/registrations"
LAW = "食品衛生法第55条"


def row(number: str, key: str = COMPANY.corporate_number, **others: Any) -> Row:
    facts = {
        "company": key, "kind": "licence", "name": "飲食店営業許可", "number": number, "issued_on": clock.today(),
        "valid_until": clock.today() + timedelta(days=9), "terms": "", "law": LAW, "sight": "public",
    }  # fmt: skip
    return Row(**facts | others)


def fill(session: Any) -> None:
    actor = ritsuko(session)
    for one in (
        row("公開1"),
        row("機関2", sight="bodies"),
        row("自3", sight="own", law=""),
        row("他4", corporate_number(3)),
    ):
        service.register(session, actor, one)
    service.register(session, actor, row("過5", issued_on=clock.today() - timedelta(days=9),
                                         valid_until=clock.today() - timedelta(days=1)))  # fmt: skip
    withdrawn = service.register(session, actor, row("消6"))
    assert withdrawn == "new"
    gone = next(one for one, _body in service.of_company(session, _company(session)) if one.number == "消6")
    service.withdraw(session, actor, gone.id, "廃業")


def _company(session: Any) -> Any:
    return session.scalars(select(Company.id).where(Company.key == COMPANY.corporate_number)).one()


def test_only_what_the_law_makes_public_and_what_holds(database: Database, town: None) -> None:
    with database.command("fill") as session:
        fill(session)
        assert {line.number for line in public.found(session)[0]} == {"公開1", "他4"}
        assert [line.number for line in public.found(session, "架空商店")[0]] == ["公開1"]
        assert [line.number for line in public.found(session, "7-9999-0100-0001")[0]] == ["公開1"]
        assert public.found(session, "どこにもない")[0] == []
        lines, more = public.found(session, most=1)
        assert (len(lines), more) == (1, True)


def test_a_sole_proprietor_is_a_person_and_stands_nowhere(database: Database, town: None, app: Flask) -> None:
    with database.command("fill") as session:
        fill(session)
        session.execute(update(Company).where(Company.key == corporate_number(3)).values(kind="sole"))
    assert "他4" not in Visitor(app).get(PAGE).text
    assert "他4" not in Visitor(app).get(f"{PAGE}/registrations.csv").body.decode()


def test_suspensions_in_force_stand_there_and_proposals_do_not(database: Database, town: None) -> None:
    with database.command("fill") as session:
        days = {"begins_on": clock.today(), "ends_on": clock.today() + timedelta(days=30)}
        suspending.propose_suspension(session, kaoru(session), number=COMPANY.corporate_number, ground="談合", **days)
        assert public.found(session)[0] == []
        session.execute(update(Suspension).values(state="in-force", approved_by=ritsuko(session).id))
        assert [(line.kind, line.what) for line in public.found(session)[0]] == [(public.SUSPENSION, "談合")]
    with clock.freeze(clock.now() + timedelta(days=31)), database.command("look") as session:
        assert public.found(session)[0] == []


def test_the_page_and_the_table_are_for_everybody_and_the_table_is_kept(
    database: Database, town: None, app: Flask
) -> None:
    with database.command("fill") as session:
        fill(session)
    stranger = Visitor(app)
    assert "公開1" in stranger.get(PAGE).text
    assert "見つかりません" in stranger.get(f"{PAGE}?q=%25").text
    answer = stranger.client.get(f"{PAGE}/registrations.csv")
    lines = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert {line[4] for line in lines[1:]} == {"公開1", "他4"}
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    again = stranger.client.get(f"{PAGE}/registrations.csv", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
