"""One table of cases for both evaluators: the server's, which decides, and the browser's, which shows and hides."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from portal.applications.procedures.json_logic import apply
from portal.core import clock

ROOT = Path(__file__).resolve().parents[3]
TABLE = json.loads((ROOT / "tests/contract/json_logic/cases.json").read_text(encoding="utf-8"))
NUMBERS = {"#NaN": math.nan, "#Infinity": math.inf, "#-Infinity": -math.inf}
IN_THE_BROWSER = """([source, cases, today]) => {
  const named = (value) => (typeof value === "number" && !Number.isFinite(value) ? `#${value}` : value);
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return import(url).then(({ apply }) => cases.map(([rule, data]) => named(apply(rule, data, today))));
}"""


def told(value: Any) -> str:
    """A value as JSON, so that True is not 1 and 3.0 is 3."""
    if isinstance(value, float) and not math.isfinite(value):
        return next(name for name, number in NUMBERS.items() if str(number) == str(value))
    return json.dumps(value, sort_keys=True)


def test_the_server_gives_what_the_reference_gives() -> None:
    with clock.freeze(datetime.fromisoformat(f"{TABLE['today']}T03:00").replace(tzinfo=UTC)):
        found = [(rule, data, told(apply(rule, data))) for rule, data, _ in TABLE["cases"]]
    for (rule, data, value), (_, _, wanted) in zip(found, TABLE["cases"], strict=True):
        assert value.strip('"') == told(wanted).strip('"'), (rule, data)


def test_the_browser_gives_the_same(browser: Browser) -> None:
    source = (ROOT / "portal/web/static/js/jsonlogic.js").read_text(encoding="utf-8")
    page = browser.new_page()
    found = page.evaluate(IN_THE_BROWSER, [source, TABLE["cases"], TABLE["today"]])
    for value, (rule, data, wanted) in zip(found, TABLE["cases"], strict=True):
        assert told(value) == told(wanted), (rule, data)
