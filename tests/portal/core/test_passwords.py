"""What a guess at a password costs whoever took the database."""

from argon2 import extract_parameters

from portal.core import passwords
from tests.conftest import PEOPLES_HASHER


def test_a_guess_costs_what_owasp_asks_for_whoever_it_is_about() -> None:
    for kept in (PEOPLES_HASHER.hash("a password of somebody"), passwords._NOBODY):
        cost = extract_parameters(kept)
        assert (cost.type.name, cost.memory_cost, cost.time_cost, cost.parallelism) == ("ID", 19 * 1024, 2, 1)
