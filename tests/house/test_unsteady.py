"""What the run of all tests says of a test that fails now and then (decision 0060)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests import __main__ as run

STEADY = "def test_steady(): pass\n"
UNSTEADY = """
from pathlib import Path
@pytest.mark.parametrize("number", range({many}))
def test_unsteady(number):
    been = Path(__file__).with_name(f"been-{{number}}")
    was = been.exists()
    been.touch()
    assert was
"""
WRONG = "def test_wrong(): assert False\n"
ERROR_AFTERWARDS = """
@pytest.fixture
def leaves_a_mess():
    yield
    assert False
def test_messy(leaves_a_mess): assert False
"""
BREAKS_OFF = "def test_that_ends_it_all(): pytest.exit('broken off', 3)\n"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "ALL", {"all": (str(tmp_path),)})
    return tmp_path


def both(folder: Path, *sources: str) -> tuple[Counter[str], list[str]]:
    (folder / "test_some.py").write_text("\n".join(("import pytest", *sources)))
    runs = {"all": run._pytest("all", ())}
    names = run._unsteady(runs, ())
    return runs["all"], names


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "side by side"])
def test_one_that_passes_alone_is_named_and_counts_as_passed(
    told: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setitem(run.ALL, "all", (str(told), *options))
    counts, names = both(told, STEADY, UNSTEADY.format(many=1))
    assert names == ["test_some.py::test_unsteady[0]"]
    assert (counts["passed"], counts["failed"]) == (2, 0)


@pytest.mark.parametrize(
    ("sources", "failed"),
    [
        ((STEADY,), 0),
        ((STEADY, WRONG), 1),
        ((UNSTEADY.format(many=2), WRONG), 3),
        ((UNSTEADY.format(many=run.MOST_UNSTEADY + 1),), run.MOST_UNSTEADY + 1),
        ((ERROR_AFTERWARDS,), 2),
    ],
    ids=["nothing failed", "wrong is wrong", "beside a wrong one", "too many", "fails and leaves a mess"],
)
def test_nothing_else_is_forgiven(told: Path, sources: tuple[str, ...], failed: int) -> None:
    counts, names = both(told, *sources)
    assert (counts["failed"], names) == (failed, [])


def test_a_run_that_broke_off_is_not_forgiven(told: Path) -> None:
    counts, names = both(told, UNSTEADY.format(many=1), BREAKS_OFF)
    assert counts["failed"] > 0
    assert not names
