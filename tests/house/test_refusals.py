"""Each refusal has a code of its own, words, and a next step."""

from portal import app
from portal.core.errors import all_refusals


def test_each_refusal_has_a_code_of_its_own_and_says_what_to_do() -> None:
    refusals = [kind for kind in all_refusals() if kind.__module__.startswith("portal.")]
    assert app.ROOMS
    codes = [kind.code for kind in refusals]
    assert sorted(codes) == sorted(set(codes))
    for kind in refusals:
        assert kind.message.strip(), kind
        assert kind.next_step.strip(), kind
        assert 400 <= kind.status < 600, kind
        assert kind.code == "-".join(kind.code.lower().split())
