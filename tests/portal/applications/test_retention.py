"""What people typed goes when the announced days are over, and not before; who holds a draft is told in time."""

import re
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from portal.applications import retention, rules, service
from portal.applications.models import Application, CorrectionRequest
from portal.applications.procedures import catalogue
from portal.applications.rules import Reason, State
from portal.cli import main
from portal.config import Settings
from portal.core import clock, outbox
from portal.core.actor import Actor
from portal.core.audit import Record
from portal.core.outbox import Promise
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.mailbox import service as mailbox
from portal.wiring import work
from tests.conftest import ResidentClient
from tests.portal.applications.people import CLERK, WINDOW, as_, fill_in, send

MOVING = catalogue.version("moving-within-city", 1)
DAYS = timedelta(days=MOVING.retention_days)
COMMENT = "二つ目の窓口の言葉"


def completed(city: Database, owner: Actor) -> UUID:
    """A case with a correction on its way, finished at the window."""
    application_id = send(city, owner, clock.today())
    with as_(city, CLERK) as session:
        service.claim(session, application_id, CLERK)
        asked = service.Asked("old_head", Reason.INCORRECT, COMMENT)
        service.ask_correction(session, application_id, CLERK, [asked])
    with as_(city, WINDOW) as session:
        service.complete(session, application_id, WINDOW)
    return application_id


def forget(city: Database, at: datetime) -> None:
    with clock.freeze(at), city.job(retention.FORGET) as session:
        service.forget_contents(session, {})


def contents(city: Database) -> str:
    """Everything the room's tables hold, as one text."""
    found = []
    with city.engine.connect() as connection:
        for table in ("applications", "application_events", "correction_requests"):
            found += [" ".join(map(str, row)) for row in connection.execute(text(f"SELECT * FROM {table}"))]
    # SQLite keeps JSON as ASCII
    return re.sub(r"\\u([0-9a-f]{4})", lambda sign: chr(int(sign[1], 16)), "\n".join(found))


def test_contents_go_after_the_announced_days_and_the_timeline_says_so(city: Database, hanako: Actor) -> None:
    application_id, now = completed(city, hanako), clock.now()
    forget(city, now + DAYS - timedelta(minutes=1))
    assert "架空 太郎" in contents(city)
    assert COMMENT in contents(city)
    forget(city, now + DAYS + timedelta(minutes=1))
    forget(city, now + DAYS + timedelta(days=1))
    left = contents(city)
    assert "架空" not in left
    assert COMMENT not in left
    with as_(city, hanako) as session:
        about = service.summary(session, application_id)
        lines = [line for line in service.timeline(session, application_id) if line.kind == rules.Kind.DELETED]
        assert about.state is State.COMPLETED
        assert [line.facts for line in lines] == [{"days": MOVING.retention_days}]
        assert session.scalar(select(func.count()).select_from(CorrectionRequest)) == 0
        records = session.execute(
            select(Record.actor_kind, Record.actor_label, Record.subject, Record.case_ref).where(
                Record.action == "delete", Record.what == "applications.answers"
            )
        ).all()
    assert [tuple(record) for record in records] == [("system", f"job {retention.FORGET}", hanako.id, about.reference)]


def test_an_open_case_is_never_emptied(city: Database, hanako: Actor) -> None:
    send(city, hanako, clock.today())
    forget(city, clock.now() + 2 * DAYS)
    assert "架空 太郎" in contents(city)


def test_what_the_law_holds_stays_until_the_hold_is_lifted(city: Database, hanako: Actor) -> None:
    application_id = completed(city, hanako)
    with city.command("hold") as session:
        reference = service.summary(session, application_id).reference
        service.hold(session, reference, "令和8年（行ウ）第0号")
    forget(city, clock.now() + 2 * DAYS)
    assert "架空 太郎" in contents(city)
    with city.command("lift") as session:
        assert [line.kind for line in service.timeline(session, application_id)][-1] == rules.Kind.HELD
        service.lift_hold(session, reference)
    forget(city, clock.now() + 2 * DAYS)
    assert "架空" not in contents(city)
    with pytest.raises(rules.AlreadyDeleted), city.command("hold") as session:
        service.hold(session, reference, "too late")


def test_more_than_a_batch_goes_in_several_transactions(city: Database, hanako: Actor, ichiro: Actor) -> None:
    one_by_one = partial(retention.forget_contents, batch=1)
    completed(city, hanako)
    completed(city, ichiro)
    with clock.freeze(clock.now() + 2 * DAYS):
        with city.command("schedule") as session:
            outbox.post(session, retention.FORGET, {})
        assert Worker(city, {**work(), retention.FORGET: one_by_one}).run_pending() >= 3
    with city.command("look") as session:
        assert session.scalar(select(func.count()).where(Application.erased_at.is_not(None))) == 2


def test_the_pages_say_how_long_and_that_it_is_gone(
    city: Database, hanako: Actor, resident_client: ResidentClient
) -> None:
    application_id, now = completed(city, hanako), clock.now()
    visitor = resident_client("hanako")
    assert "手続きが終わってから3年間保管し" in visitor.get("/procedures/moving-within-city").text
    assert "まで保管し" in visitor.get(f"/applications/{application_id}").text
    forget(city, now + DAYS + timedelta(minutes=1))
    page = visitor.get(f"/applications/{application_id}")
    assert "お知らせしたとおり" in page.text
    assert "3年後" in page.text
    assert "架空 太郎" not in page.text
    assert visitor.get(f"/applications/{application_id}/sheet").status == 410


def test_the_command_holds_and_says_what_is_wrong(
    city: Database, hanako: Actor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_STATE_DIR", str(settings.state_dir))
    monkeypatch.setenv("PORTAL_DATABASE_URL", settings.database_url)
    application_id = completed(city, hanako)
    with as_(city, hanako) as session:
        reference = service.summary(session, application_id).reference

    def run(*words: str) -> int:
        return CliRunner().invoke(main, ["hold", *words]).exit_code

    assert run(reference, "--because", "a lawsuit") == 0
    for wrong in ([reference], ["nothing", "--lift"], [reference, "--lift", "--because", "x"]):
        assert run(*wrong) != 0, wrong
    with as_(city, hanako) as session:
        assert session.get_one(Application, application_id).held_because == "a lawsuit"
    assert run(reference, "--lift") == 0


def warn(city: Database, at: datetime) -> None:
    with clock.freeze(at):
        with city.job("warn") as session:
            service.warn_of_expiry(session, {})
        Worker(city, work()).run_pending()


def unread(city: Database, owner: Actor) -> int:
    assert owner.id
    with city.command("look") as session:
        return mailbox.unread_count(session, owner.id)


def test_a_draft_nobody_touches_is_told_once_before_it_goes(city: Database, hanako: Actor) -> None:
    fill_in(city, hanako, clock.today())
    ends = clock.now() + rules.DRAFT_LIVES
    warn(city, ends - rules.DRAFT_WARNING - timedelta(hours=1))
    assert unread(city, hanako) == 0
    for hours in (1, 2):
        warn(city, ends - rules.DRAFT_WARNING + timedelta(hours=hours))
    assert unread(city, hanako) == 1


def test_a_draft_saved_again_is_told_again_when_its_new_time_comes(city: Database, hanako: Actor) -> None:
    application_id = fill_in(city, hanako, clock.today())
    late = clock.now() + rules.DRAFT_LIVES - timedelta(days=1)
    warn(city, late)
    with clock.freeze(late), as_(city, hanako) as session:
        service.save_page(session, hanako, application_id, "household", {"old_head": ["架空 太郎"], "joins": ["no"]})
    warn(city, late + timedelta(days=1))
    assert unread(city, hanako) == 1
    warn(city, late + rules.DRAFT_LIVES - timedelta(days=1))
    assert unread(city, hanako) == 2


def test_done_work_goes_after_its_days_and_what_waits_stays(database: Database) -> None:
    now = clock.now()
    with database.command("post") as session:
        for key in ("old", "new", "waiting", "failed"):
            outbox.post(session, "x", {}, key=key)
        for key, done in (("old", now - timedelta(days=31)), ("new", now - timedelta(days=29))):
            outbox.finish(session, session.scalars(select(Promise.id).where(Promise.key == key)).one())
            session.execute(Promise.__table__.update().where(Promise.key == key).values(done_at=done))
        session.execute(Promise.__table__.update().where(Promise.key == "failed").values(failed_at=now - timedelta(99)))
    with database.command("prune") as session:
        work()[outbox.FORGET](session, {})
    with database.command("look") as session:
        assert set(session.scalars(select(Promise.key))) == {"new", "waiting", "failed"}


def test_much_done_work_goes_in_batches(database: Database) -> None:
    in_twos = partial(work()[outbox.FORGET], batch=2)
    long_ago = clock.now() - timedelta(days=60)
    with database.command("post") as session:
        for number in range(5):
            outbox.post(session, "x", {}, key=str(number))
        session.execute(Promise.__table__.update().values(done_at=long_ago))
        outbox.post(session, outbox.FORGET, {})
    assert Worker(database, {**work(), outbox.FORGET: in_twos}).run_pending() == 3
    with database.command("look") as session:
        assert session.scalars(select(Promise.kind).where(Promise.kind == "x")).all() == []
