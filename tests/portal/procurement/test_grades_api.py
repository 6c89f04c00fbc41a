"""A body's own system sets grades and proposes suspensions over HTTP; nobody is held off before a person says so."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, select
from werkzeug.serving import make_server

from portal.companies.models import BusinessNotice
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.demo.business_people import COMPANY, corporate_number
from portal.demo.tenders import CITY, WATER, _actor
from portal.devices import service as devices
from portal.procurement import matching, suspending
from portal.procurement.grades import service as grades
from portal.procurement.models import Qualification
from portal.procurement.registers import service as registers
from portal.web import pace
from tests import serving
from tests.conftest import StaffClient
from tests.portal.companies.people import BusinessClient
from tests.portal.devices.test_tokens import Machine

OWN, CLIENT = COMPANY.corporate_number, "grades-keiyaku"
TODAY = clock.today()  # one day for the whole run: the same message again is the same, also after midnight
Call = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def call(app: Flask, database: Database, town: None, tmp_path: Path) -> Iterator[Call]:
    """The system of the city's contracts section: JSON over a socket."""
    folder = tmp_path / "clients"
    with database.command("furnish") as session:
        demo_devices.enrol_machines(session, folder)
        registers.let_client_act(session, devices.known(session, CLIENT).id, CITY)
    token = (Machine(app, demo_devices.key_of(folder, CLIENT), CLIENT).ask(scope="grades").json or {})["access_token"]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving.begin(server)

    def ask(method: str, path: str, said: Any = None, *, key: str = "", bearer: str = token) -> tuple[int, Any]:
        line = HTTPConnection("127.0.0.1", server.server_port)
        headers = {"Authorization": f"Bearer {bearer}", "Host": "127.0.0.1:8000"}
        if method == "POST":
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid4())}
        line.request(method, f"/api/v1{path}", json.dumps(said) if said is not None else None, headers)
        answer = line.getresponse()
        body = json.loads(answer.read() or b"{}")
        line.close()
        return answer.status, body

    yield ask
    serving.end(server)


def grade(mark: str = "B", **others: Any) -> dict[str, Any]:
    days = {"valid_from": str(TODAY), "valid_until": str(TODAY + timedelta(days=700))}
    return {"company": OWN, "category": "works", "grade": mark, **days} | others


def suspension(**others: Any) -> dict[str, Any]:
    return {
        "company": OWN, "ground": "架空の談合", "begins_on": str(TODAY), "ends_on": str(TODAY + timedelta(days=30)),
    } | others  # fmt: skip


def told(database: Database) -> list[str]:
    with database.command("look") as session:
        return list(session.scalars(select(BusinessNotice.title)))


def test_the_newest_grade_counts_and_the_company_is_told_of_what_is_new(call: Call, database: Database) -> None:
    rows = [grade("A"), grade("B"), grade(company="123"), grade("C", company=corporate_number(3))]
    status, answer = call("POST", "/grades", {"grades": rows})
    assert status == 201, answer
    assert answer["outcomes"][:3] == ["overtaken", "new", "procurement-company-unknown"]
    assert told(database).count(grades.GRADED[0]) == 1
    assert call("POST", "/grades", {"grades": [grade("B")]})[1]["outcomes"] == ["same"]
    assert told(database).count(grades.GRADED[0]) == 1, "nobody is told of what was there"
    assert call("POST", "/grades", {"grades": [grade("C")]})[1]["outcomes"] == ["changed"]
    found = call("GET", f"/companies/{OWN}/standing")[1]
    assert [one["grade"] for one in found["grades"] if one["category"] == "works"] == ["C"]


def test_the_same_key_is_one_deed(call: Call, database: Database) -> None:
    key = str(uuid4())
    first = call("POST", "/suspensions", suspension(), key=key)
    assert (first[0], call("POST", "/suspensions", suspension(), key=key)) == (201, first)
    assert len(call("GET", "/suspensions")[1]["suspensions"]) == 1
    again = call("POST", "/suspensions", suspension(ground="ほか"), key=key)
    assert (again[0], again[1]["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("path", "said", "field"),
    [
        ("/grades", {"grades": [grade("E")]}, "grades.0.grade"),
        ("/grades", {"grades": [grade(), grade(valid_until="2000-01-01")]}, "grades.1.valid_until"),
        ("/grades", {"grades": []}, "grades"),
        ("/grades", {"grades": [grade(more=1)]}, "grades.0.more"),
        ("/suspensions", suspension(ends_on="2000-01-01"), "ends_on"),
        ("/suspensions", suspension(ground="\u0000"), "ground"),
        ("/suspensions", suspension(ground="  "), "ground"),
        ("/suspensions", suspension(begins_on="明日"), "begins_on"),
        ("/suspensions", suspension(begins_on="1872-12-31"), "begins_on"),
        ("/grades", {"grades": [grade(valid_from="0001-01-01")]}, "grades.0.valid_from"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(call: Call, path: str, said: Any, field: str) -> None:
    status, answer = call("POST", path, said)
    assert (status, answer["code"], answer["fields"]) == (422, "body-not-understood", [field])


def test_an_unknown_company_is_named_by_its_field(call: Call) -> None:
    status, answer = call("POST", "/suspensions", suspension(company=corporate_number(999_999)))
    assert (status, answer["code"], answer["fields"]) == (422, "procurement-company-unknown", ["company"])
    assert call("GET", f"/companies/{corporate_number(999_999)}/standing")[0] == 422


def test_a_suspension_of_a_system_waits_for_a_person(
    call: Call, database: Database, staff_client: StaffClient, business_client: BusinessClient
) -> None:
    made = call("POST", "/suspensions", suspension())[1]
    one = f"/suspensions/{made['suspension']}"
    assert made["state"] == "proposed"
    with database.command("look") as session:
        assert not list(session.scalars(matching.suspended(CITY, clock.today())))
    assert suspending.SUSPENDED[0] not in told(database)
    chief = staff_client(Role.BUYING_CHIEF)
    page = chief.get("/staff/suspensions")
    assert "入札参加資格システム" in page.text
    chief.post(f"/staff{one}/in-force", {}, page=page)
    assert call("GET", one)[1]["state"] == "in-force"
    assert suspending.SUSPENDED[0] in told(database)
    late = call("POST", f"{one}/drop")
    assert (late[0], late[1]["code"]) == (409, "suspension-moved")
    shoko = business_client("shoko")
    own = shoko.get("/business/qualifications")
    shoko.submit(own, f"/business{one}/objection", words="関わっていません。")
    assert call("GET", one)[1]["objection"] == "関わっていません。"


def test_a_system_takes_back_what_it_proposed_and_nothing_else(call: Call, database: Database) -> None:
    mine = call("POST", "/suspensions", suspension())[1]["suspension"]
    with database.command("propose") as session:
        days = {"begins_on": clock.today(), "ends_on": clock.today()}
        kaoru = _actor(session, cast.BUYER)
        of_kaoru = suspending.propose_suspension(session, kaoru, number=OWN, ground="架空", **days)
    assert call("POST", f"/suspensions/{mine}/drop")[1]["state"] == "lifted"
    assert call("POST", f"/suspensions/{of_kaoru}/drop")[0] == 409
    assert call("POST", f"/suspensions/{uuid4()}/drop")[1]["code"] == "suspension-unknown"


def test_another_body_reads_what_is_in_force_and_no_objection(call: Call, database: Database) -> None:
    one = call("POST", "/suspensions", suspension())[1]["suspension"]
    call("POST", "/grades", {"grades": [grade()]})
    with database.command("another body") as session:
        suspending.put_in_force(session, _actor(session, cast.BUYING_CHIEF), one_id := UUID(one))
        session.get_one(suspending.Suspension, one_id).objection = "関わっていません。"
        registers.let_client_act(session, devices.known(session, CLIENT).id, WATER)
    found = call("GET", f"/companies/{OWN}/standing")[1]
    assert found["grades"] == []
    assert [(each["body"], each["state"], each["objection"]) for each in found["suspensions"]] == [
        ("架空の千葉市", "in-force", "")
    ]
    assert call("GET", f"/suspensions/{one}")[0] == 404
    assert call("GET", "/grades")[1]["grades"] == []


def test_pages_follow_each_other_without_gap(call: Call, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grades, "LISTED", 7)
    with database.command("look") as session:
        there = len(session.scalars(select(Qualification)).all())
    keys, after = [], ""
    while True:
        page = call("GET", f"/grades?after={after}")[1]
        keys += [(one["company"], one["category"]) for one in page["grades"]]
        after = page["next"]
        if not after:
            break
    assert len(keys) == len(set(keys)) == there
    assert keys == sorted(keys)
    assert call("GET", "/grades?after=1:x")[1]["fields"] == ["after"]
    assert call("GET", "/suspensions?after=x")[1]["fields"] == ["after"]
    call("POST", "/suspensions", suspension())
    assert call("GET", "/suspensions")[1]["next"] == ""


def test_who_may_not_stays_outside(call: Call, app: Flask, database: Database, tmp_path: Path) -> None:
    assert call("GET", "/grades", bearer="nobody")[0] == 401
    other = Machine(app, demo_devices.key_of(tmp_path / "clients", "register-sangyo"), "register-sangyo")
    token = (other.ask(scope="companies").json or {})["access_token"]
    assert call("GET", "/grades", bearer=token)[0] == 403
    assert call("POST", "/suspensions", suspension(), bearer=token)[0] == 403
    with database.command("nobody's") as session:
        session.execute(delete(registers.AgencyClient))
    assert call("POST", "/grades", {"grades": [grade()]})[1]["code"] == "registration-client-of-nobody"


def test_a_system_that_is_too_fast_waits(call: Call, database: Database) -> None:
    with database.command("an hour's calls at once") as session:
        later = clock.machine_now().timestamp() + 3_600
        session.merge(pace.Bucket(key=f"grades:{devices.known(session, CLIENT).id}", full_at=later))
    status, answer = call("POST", "/grades", {"grades": [grade()]})
    assert (status, answer["code"]) == (429, "too-fast")
    assert call("GET", "/grades")[0] == 200, "reading is not held up"


def test_the_description_names_the_calls(app: Flask) -> None:
    described = app.test_client().get("/openapi.json").json or {}
    calls = {path for path in described["paths"] if "suspensions" in path or "grades" in path or "standing" in path}
    assert calls == {
        "/api/v1/grades", "/api/v1/companies/{number}/standing", "/api/v1/suspensions",
        "/api/v1/suspensions/{suspension}", "/api/v1/suspensions/{suspension}/drop",
    }  # fmt: skip
