"""One place of the portal asks machines elsewhere over HTTP: there an answer has an end and a length (decision 105)."""

import ast
from pathlib import Path

import portal

ROOT = Path(portal.__file__).parent
SPEAKERS = {"httpx", "urllib.request", "http.client", "requests", "aiohttp", "urllib3", "httpcore"}
ALLOWED = {"core/outbound.py", "certificates/command.py"}
"""The second is a command at somebody's own machine."""


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found


def test_nobody_else_asks_machines_elsewhere() -> None:
    files = {str(path.relative_to(ROOT)): path for path in ROOT.rglob("*.py")}
    asking = {name for name, path in files.items() if imported(path) & SPEAKERS}
    assert {name for name in asking if not name.startswith("demo/")} == ALLOWED
