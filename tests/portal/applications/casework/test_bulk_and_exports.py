"""Many cases by one decision, and what sections' own systems are told: each once, whatever is tried again."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from portal.applications import service
from portal.applications.casework import bulk, exports
from portal.applications.casework.models import CaseExport
from portal.applications.casework.rules import NotAReceiver, NotOneProcedure, Outcome, RunNotFound
from portal.applications.rules import State
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Record
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import devices as demo_devices
from portal.demo.casework import Staff
from portal.devices import service as devices
from tests.portal.applications.casework.conftest import Send
from tests.portal.applications.people import WINDOW, as_
from tests.portal.devices.test_tokens import Machine

MEDICAL = "child-medical-aid"


def test_one_decision_for_many_fails_only_where_it_must(
    city: Database, team: Staff, send: Send, taro: Actor, worker: Worker
) -> None:
    mine, theirs = send(MEDICAL), send(MEDICAL, taro)  # type: ignore[call-arg]
    with as_(city, team.nozomi) as session:
        service.claim(session, theirs, team.nozomi)
    other, run = send("child-allowance"), new_id()
    with pytest.raises(NotOneProcedure), as_(city, team.naoto) as session:
        bulk.start(session, team.naoto, run, [mine, other], outcome=Outcome.APPROVE, words="")
    for _press in range(2):
        with as_(city, team.naoto) as session:
            bulk.start(session, team.naoto, run, [mine, theirs, mine], outcome=Outcome.APPROVE, words="")
    worker.run_pending()
    with as_(city, team.naoto) as session:
        _run, items = bulk.open_run(session, team.naoto, run)
        assert {item.application_id: (item.state, item.code) for item in items} == {
            mine: ("done", ""),
            theirs: ("failed", "application-claimed"),
        }
        assert service.summary(session, mine).state is State.READY
        assert service.summary(session, theirs).state is State.SUBMITTED
        done = select(Record.actor_id, Record.why).where(Record.what == "applications(state=ready)")
        assert session.execute(done).all() == [(team.naoto.id, "review")], "the clerk is on record, not the worker"
    with pytest.raises(RunNotFound), as_(city, team.nozomi) as session:
        bulk.open_run(session, team.nozomi, run)


def test_two_runs_make_four_eyes(city: Database, team: Staff, send: Send, worker: Worker) -> None:
    case_id = send("child-rearing-allowance")
    for clerk, state in ((team.naoto, State.SUBMITTED), (team.nozomi, State.READY)):
        with as_(city, clerk) as session:
            bulk.start(session, clerk, new_id(), [case_id], outcome=Outcome.APPROVE, words="")
        worker.run_pending()
        with as_(city, clerk) as session:
            assert service.summary(session, case_id).state is state


def receiver(city: Database, folder: Path) -> Actor:
    with city.command("machines") as session:
        demo_devices.enrol_machines(session, folder)
        client = devices.known(session, "jidou-teate")
        service.allow_export(session, client.id, MEDICAL)
        return Actor(ActorKind.CLIENT, client.id, client.name)


def ready(city: Database, team: Staff, case_id: UUID) -> None:
    with as_(city, team.naoto) as session:
        service.claim(session, case_id, team.naoto)
        service.mark_ready(session, case_id, team.naoto)


def test_each_revision_once_until_it_is_acknowledged(
    city: Database, team: Staff, send: Send, worker: Worker, tmp_path: Path
) -> None:
    before = send(MEDICAL)
    ready(city, team, before)  # decided before anybody received it: it follows
    worker.run_pending()
    machine = receiver(city, tmp_path / "clients")
    worker.run_pending()
    with as_(city, machine) as session:
        fed = exports.feed(session, machine, MEDICAL, after=0)
        assert [(one.position, one.revision, one.content["state"]) for one in fed.items] == [(1, 1, "ready")]
        with pytest.raises(NotAReceiver):
            exports.feed(session, machine, "child-allowance", after=0)
        for _again in range(2):
            exports.make(session, {"application_id": str(before)}, push=False)
    with as_(city, WINDOW) as session:
        service.complete(session, before, WINDOW)
    worker.run_pending()
    with as_(city, machine) as session:
        fed = exports.feed(session, machine, MEDICAL, after=fed.cursor)
        assert [(one.position, one.revision, one.content["state"]) for one in fed.items] == [(2, 2, "completed")]
        assert exports.acknowledge(session, machine, MEDICAL, [2, 99]) == 1
        assert exports.acknowledge(session, machine, MEDICAL, [2]) == 1
        assert [one.position for one in exports.feed(session, machine, MEDICAL, after=0).items] == [1]


def test_files_for_sections_appear_whole_after_a_failure(
    city: Database, team: Staff, send: Send, tmp_path: Path
) -> None:
    case_id = send(MEDICAL)
    ready(city, team, case_id)
    with city.job("export") as session:
        exports.make(session, {"application_id": str(case_id)}, push=True)
        made = session.scalars(select(CaseExport)).one()
    blocked = tmp_path / "out"
    blocked.write_text("a file stands where the folder should be")
    with pytest.raises(OSError, match="out"), city.job("push") as session:
        exports.push_file(session, {"export": made.id}, directory=blocked)
    blocked.unlink()
    for _again in range(2):
        with city.job("push") as session:
            exports.push_file(session, {"export": made.id}, directory=blocked)
    names = sorted(file.suffix for file in (blocked / MEDICAL).iterdir())
    assert names == [".csv", ".json"]
    told = json.loads(next((blocked / MEDICAL).glob("*.json")).read_text())
    assert (told["format"], told["position"], told["revision"]) == ("omatome.case/1", 1, 1)
    made.content = made.content | {"answers": {"text": "=1+1", "address": {"street": "9-9"}}}
    head, row = csv.reader(io.StringIO(exports.as_csv(MEDICAL, [made]).decode("utf-8-sig")))
    cells = dict(zip(head, row, strict=True))
    assert (cells["text"], cells["address.street"], cells["state"]) == ("'=1+1", "9-9", "ready")


def test_a_machine_fetches_with_its_token_and_scope(
    city: Database, app: Flask, team: Staff, send: Send, worker: Worker, tmp_path: Path
) -> None:
    receiver(city, tmp_path / "clients")
    ready(city, team, send(MEDICAL))
    worker.run_pending()
    machine = Machine(app, demo_devices.key_of(tmp_path / "clients", "jidou-teate"), client_id="jidou-teate")
    token = (machine.ask(scope="cases").json or {})["access_token"]
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def get(path: str) -> Any:
        return client.get(f"/api/v1/cases/{path}", headers=headers)

    answer = get(f"{MEDICAL}?after=x&limit=-3")
    assert answer.status_code == 200
    assert [one["position"] for one in answer.json["items"]] == [1]
    assert answer.json["cursor"] == 1
    assert get(f"{MEDICAL}/csv").headers["X-Cursor"] == "1"
    assert get("child-allowance").status_code == 404
    done = client.post(
        f"/api/v1/cases/{MEDICAL}/acknowledgements",
        json={"positions": [1]},
        headers=headers | {"Idempotency-Key": "once"},
    )
    assert done.json == {"known": 1}
    assert get(MEDICAL).json == {"cursor": 0, "items": []}


@pytest.mark.parametrize("typed", ["=1+1", "＝1+1", " =1+1", "+1", "－1", "@x", "\n=1", "\t1"])
def test_no_cell_of_a_spreadsheet_is_run(typed: str) -> None:
    made = CaseExport(
        position=1, revision=1, content=dict.fromkeys(exports.FIXED) | {"decision": None, "answers": {"x": typed}}
    )
    assert f"'{typed}" in exports.as_csv("none", [made]).decode()
