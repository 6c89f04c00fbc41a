"""The browser of the tests, and what axe finds on a page."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.patience import PATIENCE

expect.set_options(timeout=PATIENCE * 1000)

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
# Half of axe's time goes into what it found right, most of the other half into contrast: it is asked apart, about
# looks that no page of this process had before.
ASK_AXE = """more => axe.run({resultTypes: ['violations'], rules: {'color-contrast': {enabled: false}}, ...more})
    .then(found => found.violations)"""
ASK_CONTRAST = """elements => axe.run({include: elements}, {resultTypes: ['violations'], runOnly: ['color-contrast']})
    .then(found => found.violations)"""
# Up to three elements of each look on the page: its colour, its letters, and all that lies behind them.
NEW_LOOKS = """known => {
  const judged = new Set(known), found = new Map(), grounds = new Map()
  const ground = element => {
    if (element && !grounds.has(element)) {
      const style = getComputedStyle(element)
      const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode]
      grounds.set(element, own.join(' ') + ' on ' + ground(element.parentElement))
    }
    return grounds.get(element)
  }
  const holdsText = element => element.matches('input, select, textarea')
    || [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
  for (const element of document.body.querySelectorAll('*')) {
    if (!holdsText(element) || !element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) continue
    const style = getComputedStyle(element)
    const isOff = element.closest(':disabled, [aria-disabled=true]') !== null
    const look = [style.color, style.fontSize, style.fontWeight, style.textShadow, style.position, isOff, ground(element)]
    if (!judged.has(look.join(' '))) found.set(look.join(' '), [...(found.get(look.join(' ')) ?? []), element])
  }
  window.newLooks = [...found.values()].flatMap(elements => elements.slice(0, 3))
  return [...found.keys()]
}"""
_good_looks: set[str] = set()
_with_axe: WeakSet[BrowserContext] = WeakSet()


@contextmanager
def running() -> Iterator[Browser]:
    """A Chromium; a process can drive one at a time."""
    if not Path(CHROMIUM).exists():
        pytest.fail("Chromium is missing: ./setup.sh --test installs it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES, timeout=PATIENCE * 1000)
        for name in ("new_context", "new_page"):
            setattr(chromium, name, _patient(getattr(chromium, name)))
        yield chromium
        chromium.close()


def _patient(make: Callable[..., Any]) -> Callable[..., Any]:
    """Makes contexts and pages that wait as long as everything here does."""

    def made(**options: Any) -> Any:
        new = make(**options)
        new.set_default_timeout(PATIENCE * 1000)
        return new

    return made


def barriers(page: Page, options: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """What axe holds against the page as it is now, as axe says it: `id`, `impact`, `tags`, `nodes`. With *options* of
    axe's own it says that alone; without, contrast too."""
    if page.context not in _with_axe:
        _with_axe.add(page.context)
        page.context.add_init_script(AXE_SCRIPT)  # for the next pages: sending half a megabyte each time is slow
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(ASK_AXE, dict(options or {}))
    return found if options else found + _pale(page)


def _pale(page: Page) -> list[dict[str, Any]]:
    """What is hard to read on the page; looks that were fine once are not asked about again."""
    looks = page.evaluate(NEW_LOOKS, list(_good_looks))
    if not looks:
        return []
    found: list[dict[str, Any]] = page.evaluate_handle("newLooks").evaluate(ASK_CONTRAST)
    if not found:
        _good_looks.update(looks)
    return found


def named(barrier: dict[str, Any]) -> str:
    """A barrier in one line: its rule and the first place it was found at."""
    return f"{barrier['id']}: {barrier['nodes'][0]['html'][:120]}"
