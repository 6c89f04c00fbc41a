"""Figures of a notice that was sent: they add up, and tell nothing of one or of a few."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from portal.core import clock, small_numbers
from portal.core.addresses import WARDS
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.mailbox import service
from portal.mailbox.composing import figures
from portal.mailbox.models import Delivery
from portal.residents.models import Resident
from portal.segments import service as segments
from tests.portal.mailbox.desk import CLERK, acting, city, submitted, written

__all__ = ["city"]


def test_figures_add_up_and_say_nothing_of_very_few(city: Database, worker: Worker) -> None:
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    sent_at = clock.now()

    def read(session: Any) -> None:
        rows = session.scalars(select(Delivery).limit(7)).all()
        for place, row in enumerate(rows):
            row.read_at = sent_at + timedelta(hours=1 + 10 * place)

    acting(city, CLERK, read)
    with clock.freeze(sent_at + timedelta(days=5)), city.command("look") as session:
        found = figures.of(session, service.draft_of(session, CLERK, notice_id))
        reads = [point.read for point in found.points]
        assert reads == sorted(reads)
        assert (found.points[-1].delivered, reads[-1]) == (found.delivered, found.read) == (30, 7)
        assert all(part.delivered is None or part.delivered >= small_numbers.FEW for part in found.wards)


def test_figures_tell_nobodys_ward(city: Database, worker: Worker) -> None:
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    with city.command("one reader") as session:  # everybody else of them has read it
        keeps = session.scalars(select(Delivery.resident_id).order_by(Delivery.resident_id)).first()
        session.execute(delete(Delivery).where(Delivery.resident_id != keeps))

    def parts() -> list[tuple[str, int | None]]:
        with city.command("look") as session:
            found = figures.of(session, service.draft_of(session, CLERK, notice_id))
            assert found.delivered == 1
            return [(part.label, part.delivered) for part in found.wards]

    nothing = [(ward, None) for ward in WARDS]
    assert parts() == nothing, "a line of her own would say where she lives"
    with city.command("under protection") as session:
        session.get_one(Resident, keeps).protected = True
    assert parts() == nothing, "nor is it told that she is under protection now"


def test_figures_by_the_conditions_that_chose_count_each_reader_once_and_never_a_few(
    city: Database, worker: Worker
) -> None:
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    parts = [{"ward": ["緑区"]}, {"ward": ["美浜区"]}, {"age": {"to": 130}}]
    with city.command("three ways to be chosen") as session:
        notice = service.draft_of(session, CLERK, notice_id)
        notice.segment = segments.as_json({"all": [{"age": {"from": 0}}, {"any": parts}]})
        everybody = session.scalars(select(Resident).order_by(Resident.id)).all()
        for place, person in enumerate(everybody):
            person.ward, person.protected = "緑区" if place < 12 else "中央区", place == 0
        everybody[20].ward = "美浜区"
        many = {person.id for person in everybody[:12]}
        for row in session.scalars(select(Delivery)):
            row.read_at = clock.now() if row.resident_id in many else None
    with city.command("look") as session:
        found = figures.of(session, service.draft_of(session, CLERK, notice_id)).alternatives
    green, beach, rest, none = found
    assert [one.condition for one in found] == [*parts, None]
    assert green.people.shown is not None
    assert abs(green.people.shown - 11) <= small_numbers.BLUR, "but for her who is under protection"
    assert green.marked.shown is not None
    assert (beach.people.shown, beach.marked.shown, none.people.shown) == (None, None, None)
    assert rest.people.shown is not None
    assert rest.marked.shown is None


def test_figures_leave_out_who_came_under_protection(city: Database, worker: Worker) -> None:
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    with city.command("all in one ward") as session:
        session.execute(update(Resident).values(ward="緑区"))
        session.get_one(Resident, session.scalars(select(Delivery.resident_id).limit(1)).one()).protected = True
    with city.command("look") as session:
        found = figures.of(session, service.draft_of(session, CLERK, notice_id))
        shown = {part.label: part.delivered for part in found.wards if part.delivered}
    assert list(shown) == ["緑区"]
    assert abs(shown["緑区"] - (found.delivered - 1)) <= small_numbers.BLUR


def test_figures_of_wards_and_ages_are_blurred(city: Database, worker: Worker) -> None:
    """Exact parts beside the delivered number would say that one of a list of readers came under protection since."""
    notice_id = written(city)
    submitted(city, notice_id, over=99)
    worker.run_pending()
    kept, shown, members = set(), set(), 30
    with city.command("all in one ward") as session:
        session.execute(update(Resident).values(ward="緑区"))
        everybody = session.scalars(select(Delivery.resident_id).order_by(Delivery.resident_id)).all()
    for protected in everybody:
        with city.command("one of them is under protection") as session:
            session.execute(update(Resident).values(protected=False))
            session.get_one(Resident, protected).protected = True
        with city.command("look") as session:
            found = figures.of(session, service.draft_of(session, CLERK, notice_id))
            kept.add(found.delivered)
            shown |= {part.delivered for part in found.wards if part.delivered}
    assert kept == {members}
    assert len(shown) > 1, "whoever it is, the ward would say one fewer"
