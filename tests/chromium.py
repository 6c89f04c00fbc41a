"""The browser of the tests, and what axe finds on a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Half of axe's time goes into what it found right, and into loading it again on a page that has it.
ASK_AXE = "axe.run({resultTypes: ['violations']}).then(found => found.violations)"


@contextmanager
def running() -> Iterator[Browser]:
    """A Chromium; a process can drive one at a time."""
    if not Path(CHROMIUM).exists():
        pytest.fail("Chromium is missing: ./setup.sh --test installs it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()


def barriers(page: Page) -> list[dict[str, Any]]:
    """What axe holds against the page as it is now, as axe says it: `id`, `impact`, `tags`, `nodes`."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(ASK_AXE)
    return found


def named(barrier: dict[str, Any]) -> str:
    """A barrier in one line: its rule and the first place it was found at."""
    return f"{barrier['id']}: {barrier['nodes'][0]['html'][:120]}"
