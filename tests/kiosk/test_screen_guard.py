"""Who may speak to the kiosk's screens, and what they never say."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import httpx
import pytest

from card_reader.simulator.card import SimulatedCard
from kiosk import events as ev
from kiosk.guard import is_loopback_host
from kiosk.pin_pad import PinPad
from kiosk.steps import Step
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import PATIENCE, until

PRODUCT = Path(__file__).parents[2] / "kiosk"


def token_of(kiosk: WholeKiosk) -> str:
    found = re.search(r'name="token" value="([^"]+)"', httpx.get(kiosk.url).text)
    assert found
    return found.group(1)


def touch(
    kiosk: WholeKiosk, *, origin: str | None = "own", token: str = "own", host: str = "", **form: str
) -> httpx.Response:
    headers = {"Host": host} if host else {}
    if origin:
        headers["Origin"] = kiosk.url if origin == "own" else origin
    data = {
        "turn": str(kiosk.machine.journey.turn),
        **form,
        "token": token_of(kiosk) if token == "own" else token,
    }
    return httpx.post(f"{kiosk.url}/act", data=data, headers=headers)


def test_a_touch_of_the_own_page_is_taken(kiosk: WholeKiosk) -> None:
    assert touch(kiosk, do="language", value="en").status_code == 303
    assert kiosk.machine.journey.step is Step.GUIDE


@pytest.mark.parametrize(
    ("forged", "status"),
    [
        ({"origin": None}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"token": ""}, 403),
        ({"token": "ü"}, 403),
        ({"host": "kiosk.evil.example"}, 421),
    ],
)
def test_a_forged_touch_is_refused(kiosk: WholeKiosk, forged: dict[str, str], status: int) -> None:
    assert touch(kiosk, **forged, do="language", value="en").status_code == status
    assert kiosk.machine.journey.step is Step.WELCOME


def test_a_stale_touch_means_nothing(kiosk: WholeKiosk) -> None:
    kiosk.machine.dispatch(ev.LanguageChosen("ja"))
    assert touch(kiosk, do="next", turn="0").status_code == 303
    assert kiosk.machine.journey.step is Step.GUIDE


@pytest.mark.parametrize("host", ["127.0.0.1:8100", "localhost", "[::1]:8100"])
def test_loopback_names_are_known(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize("host", ["127.0.0.1.evil.example", "evil.example:8100", "", "[::1", "localhost@evil.example"])
def test_other_names_are_not(host: str) -> None:
    assert not is_loopback_host(host)


def test_the_page_runs_nothing_but_its_own_files(kiosk: WholeKiosk) -> None:
    answer = httpx.get(kiosk.url)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", answer.text)


def test_no_file_of_the_screens_names_a_foreign_host() -> None:
    for path in [
        *PRODUCT.rglob("*.html"),
        *PRODUCT.rglob("*.css"),
        *PRODUCT.rglob("*.js"),
        *PRODUCT.rglob("*.svg"),
    ]:
        hosts = set(re.findall(r"https?://([^/\"' ]+)", path.read_text("utf-8"))) - {"www.w3.org"}
        assert not hosts, path.name


def test_neither_pin_nor_person_is_logged(
    kiosk: WholeKiosk, card: SimulatedCard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    for digit in "1234":
        touch(kiosk, do="key", value=str(kiosk.machine.pad.layout.index(int(digit))))
    touch(kiosk, do="pin")
    kiosk.wait_for(Step.MENU)
    assert "架空" in httpx.get(kiosk.url).text
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("kiosk"))
    assert said
    for secret in ("1234", "架空", "K7QM", "eyJ"):
        assert secret not in said


def test_the_page_shows_how_many_digits_but_never_which(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    kiosk.type_pin("12")
    page = httpx.get(kiosk.url).text
    assert page.count("digit-in") == 2
    assert kiosk.machine.pad.count == 2


def test_too_few_digits_are_told_and_cost_no_try(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    kiosk.type_pin("12")
    touch(kiosk, do="pin")
    assert kiosk.machine.pad.confirmed_too_early
    assert kiosk.machine.journey.tries_left == 3


def test_the_pad_is_shuffled_and_wiped() -> None:
    pad = PinPad()
    layouts = set()
    for _ in range(20):
        pad.shuffle()
        layouts.add(pad.layout)
        assert sorted(pad.layout) == list(range(10))
    assert len(layouts) > 10
    pad.press(0)
    pad.press(1)
    kept = pad._digits
    pad.clear()
    assert kept == bytearray(2)
    for position in (-1, 10, 0, 1, 2, 3, 4):
        pad.press(position)
    assert pad.is_full
    pad.erase()
    assert pad.count == 3


def test_the_event_stream_tells_of_changes_only_by_number(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    with httpx.stream("GET", f"{kiosk.url}/events", timeout=PATIENCE) as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data:"))
        first = next(lines)
        kiosk.insert(card)
        second = next(lines)
    assert first != second
    assert re.fullmatch(r'data: \{"version": \d+, "ring": \d+, "sound": "[a-z-]*"\}', second)
    until(lambda: kiosk.machine.journey.step is Step.PIN, "the card is read")


def test_the_kiosk_never_imports_the_portal() -> None:
    for path in PRODUCT.rglob("*.py"):
        assert not re.search(r"^\s*(from|import) (portal|sqlalchemy)", path.read_text("utf-8"), re.MULTILINE), path
