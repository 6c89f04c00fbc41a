"""Many acts at once bring what they bring one after the other."""

from datetime import timedelta
from random import Random

import pytest

from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.points.ledger.rules import PotEmpty
from portal.points.programmes import earning
from portal.points.programmes.earning import Act
from tests.portal.points import offered
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import PARK
from tests.portal.points.phones import still

__all__ = ["people", "still"]
pytestmark = pytest.mark.usefixtures("people", "still")
SEED = 20261123


def acts_of(database: Database, who: cast.Resident, name: str) -> list[Act]:
    """Of thirty days; some facts are looked at twice, one key comes twice."""
    chance, now = Random(SEED), clock.now()
    with database.command("look") as session:
        owner = offered.person(session, who)
    acts = []
    for number in range(40):
        fact, minutes = f"{name}:{chance.randint(0, 30)}", chance.choice((30, 60, 90))
        at = now - timedelta(days=chance.randint(0, 30))
        acts.append(Act(fact, f"{fact}:{number}", PARK, owner, minutes, at))
    return [*acts, acts[3]]


def test_what_comes_at_once_is_worth_what_comes_one_by_one(database: Database) -> None:
    offered.programme(database, budget=100_000, per_day=120, per_month=900, per_person=1_500)
    acts = acts_of(database, cast.HANAKO, "together")
    with database.command("at once") as session:
        together = [one.given for one in earning.earn_all(session, acts)]
    alone = []
    for act in acts_of(database, cast.ICHIRO, "alone"):
        with database.command("alone") as session:
            alone.append(earning.earn_all(session, [act])[0].given)
    assert together == alone
    met = [given for act, given in zip(acts, together, strict=True) if given < act.quantity * 100 // 60]
    assert 0 in met  # the caps were met, and some facts told before
    assert 0 < sum(together[:-1]) <= 1_500
    assert wrong(database) == []


def test_a_budget_that_does_not_reach_for_all_pays_nobody(database: Database) -> None:
    offered.programme(database, budget=500)
    acts = acts_of(database, cast.HANAKO, "dear")
    with pytest.raises(PotEmpty), database.command("too many") as session:
        earning.earn_all(session, acts)
    with database.command("look") as session:
        assert earning.given_by(session, [act.key for act in acts]) == {}
    assert wrong(database) == []
