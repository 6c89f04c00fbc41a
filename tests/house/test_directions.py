"""The walls of the house, read from the source itself."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for name in ("portal", "card_reader", "kiosk") for path in (ROOT / name).rglob("*.py"))
ROOF = {"core", "web", "migrations", "demo", "decisions"}
ROOMS = {path.name for path in (ROOT / "portal").iterdir() if path.is_dir() and path.name not in ROOF | {"__pycache__"}}
OPENERS = ROOT / "portal/core/uow.py"
OPENER_FILES = {OPENERS, ROOT / "portal/migrations/__init__.py"}
PAGES_OF_THE_ROOF = {"app.py", "rooms.py", "cli.py", "importing.py", "wiring.py", "rounds.py", "delivering.py"}
BARRED_NAMES = {"utils.py", "helpers.py", "manager.py", "common.py", "misc.py"}
LONGEST_FILE = 400
FOR_OUTSIDERS = [ROOT / "portal/points/ledger" / name for name in ("checker.py", "seal_checker.py")]
ONE_SITTING = 100


def imports(path: Path) -> Iterator[str]:
    """Every module *path* imports, by full name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str | None:
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "portal" and len(parts) > 2 and parts[1] in ROOMS else None


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_keeps_its_place(path: Path) -> None:
    names = set(imports(path))
    tops = {name.partition(".")[0] for name in names}
    if path.name == "rules.py":
        assert not tops & {"flask", "sqlalchemy"}
    if path.name in {"service.py", "models.py", "events.py"}:
        assert "flask" not in tops
    if path.name != "pcsc.py":
        assert "smartcard" not in tops
    assert path.name not in BARRED_NAMES
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", FOR_OUTSIDERS, ids=relative)
def test_an_auditor_reads_a_checker_in_one_sitting_and_needs_nothing_else(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= ONE_SITTING
    assert {name.partition(".")[0] for name in imports(path)} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_between_rooms_only_services_and_events_are_doors(path: Path) -> None:
    if "demo" in path.parts or path.name in PAGES_OF_THE_ROOF:
        return
    own = room_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "portal" or len(parts) < 2 or parts[1] not in ROOMS or parts[1] == own:
            continue
        assert set(parts[2:3]) & {"service", "events"}, f"{relative(path)} enters by {name}"


def test_only_the_unit_of_work_ends_transactions() -> None:
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in SOURCES
        if path not in OPENER_FILES and relative(path).startswith("portal")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback"}
    ]
    assert found == []


def test_no_room_makes_objects_in_its_package_file() -> None:
    for path in SOURCES:
        if path.name == "__init__.py" and room_of(path):
            body = ast.parse(path.read_text()).body
            assert all(isinstance(node, ast.Expr) for node in body), relative(path)


def test_every_room_says_what_it_is_for() -> None:
    for room in ROOMS:
        assert ast.get_docstring(ast.parse((ROOT / "portal" / room / "__init__.py").read_text())), room
