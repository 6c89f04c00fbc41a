"""Several machines in the same second: paper or money back, everybody's own paper, every number once."""

import threading
from collections.abc import Callable

from portal.certificates import rules, service
from portal.certificates.models import CertificateOrder
from portal.certificates.rules import Failure
from portal.core import clock
from portal.core.errors import Refusal
from tests.patience import PATIENCE
from tests.portal.certificates.at_machines import give_back, paid, rows, text_of
from tests.portal.certificates.city import MORNING, Town, at_kiosk, desk, single


def race(*acts: Callable[[], object]) -> list[object]:
    """Run all at once; returns what each gave or raised as a refusal."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        gate.wait(PATIENCE)
        try:
            results[place] = act()
        except Refusal as refusal:
            results[place] = refusal

    threads = [threading.Thread(target=run, args=entry) for entry in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_paper_or_refund_but_never_both(kiosk, town):
    _, mine, order_id = paid(kiosk, town)

    def report_printed():
        with kiosk() as session:
            return service.printed(session, desk(town), order_id, mine, job="7").state

    def report_failed():
        with kiosk() as session:
            return give_back(session, town, order_id, mine, Failure.PRINTER_JAM).state

    results = race(*[report_printed, report_failed] * 3)
    won = {result for result in results if isinstance(result, str)}
    assert len(won) == 1
    assert all(isinstance(result, str | rules.OrderStateWrong) for result in results)


def test_many_machines_in_the_same_second_never_mix_people(kiosk):
    names = [f"架空 {first}{second}" for first in "一二三四五六" for second in "郎子"]
    homes = [single(name) for name in names]
    town = Town(*homes)

    def whole_visit(home):
        def act() -> tuple[str, bytes]:
            caller, mine, order_id = paid(kiosk, town, at_kiosk(home.members[0].resident_id))
            with kiosk() as session:
                document = service.render(session, desk(town), order_id, mine)
            with kiosk() as session:
                service.printed(session, desk(town), order_id, mine, job=str(caller.device_id))
            return home.head, document.pdf

        return act

    results = race(*[whole_visit(home) for home in homes])
    for head, pdf in results:
        assert [name for name in names if name in text_of(pdf)] == [head]


def test_issue_numbers_count_without_gaps_per_ward_and_year(kiosk, database):
    homes = [single(f"架空 {sign}子") for sign in "春夏秋冬"]
    town = Town(*homes)
    with clock.freeze(MORNING):
        race(*[lambda home=home: paid(kiosk, town, at_kiosk(home.members[0].resident_id)) for home in homes])
    assert sorted(row.issue_number for row in rows(database, CertificateOrder)) == [
        f"2026-105-{number:06d}" for number in range(1, 5)
    ]
