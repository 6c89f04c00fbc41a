"""What `make run` prints when everything answers: addresses, demo accounts, where the logs are."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from portal.demo.opening import ACCOUNTS
from portal.demo.town import Town

WIDEST = 40


def welcome(town: Town, seconds: float) -> str:
    """The text for the terminal, in plain lines."""
    lines = [f"\nThe town is running (started in {seconds:.1f} s)\n", *_table(_addresses(town))]
    lines += ["", "Demo accounts (all people are fictitious, 架空)"]
    for name, rows in _accounts(town).items():
        lines += _section(name, rows)
    lines += ["", f"Logs: {town.state / 'log'}    End everything: Ctrl-C"]
    return "\n".join(lines)


def _accounts(town: Town) -> dict[str, Any]:
    saved = town.state / ACCOUNTS
    accounts: dict[str, Any] = json.loads(saved.read_text("utf-8")) if saved.exists() else {}
    return accounts


def _addresses(town: Town) -> list[Sequence[str]]:
    told = {
        "portal": ("Portal", town.portal_url, "residents, companies; /staff for the city's people"),
        "kiosk": ("Kiosk", town.kiosk_url, "the touch screen in the ward office"),
        "coin-box": ("Coin box", town.coin_box_url, "put coins and notes into the kiosk"),
        "post-office": ("Post office", town.post_office_url, "mail and notifications the city sent"),
        "payments": ("Demo payment", f"http://127.0.0.1:{town.ports.payments}", "fees of certificates from home"),
        "private-points": (
            "Demo private points",
            f"http://127.0.0.1:{town.ports.private_points}",
            "what citizen points are exchanged for",
        ),
        "gbizid": ("Demo gBizID", f"http://127.0.0.1:{town.ports.gbizid}", "companies sign in with it"),
        "card-simulator": ("Demo cards", town.simulator_url, "insert and remove cards"),
        "reader-bridge": ("Reader bridge", town.bridge_url, "used by the staff pages"),
        "card-writer": ("Card writer", f"http://127.0.0.1:{town.ports.card_writer}", "used by the portal"),
    }
    return [row for name, row in told.items() if name in town.children and town.children[name].alive()]


def _section(name: str, rows: Any) -> list[str]:
    """One list of the accounts as a table; what is no list of records is left to --accounts-json."""
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        return []
    columns = [key for key, value in rows[0].items() if isinstance(value, str | int)]
    table = [columns, *([str(row.get(key, "")) for key in columns] for row in rows)]
    return ["", f"  {name.replace('_', ' ')}", *_table(table)]


def _table(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Rows in columns, by the width that signs take in a terminal (full-width signs take two)."""
    widths = [min(WIDEST, max(map(_width, column))) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (wide - _width(cell)) for cell, wide in zip(row, widths, strict=True))
        yield ("    " + "  ".join(cells)).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
