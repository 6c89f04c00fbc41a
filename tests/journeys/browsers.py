"""Real browsers of the day's people: one context each, so that nobody shares cookies with anybody."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Response

from tests.patience import until

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
TOUCH_SCREEN = {"width": 1080, "height": 1920}
WALL = {"width": 1920, "height": 1080}


def context(browser: Browser, size: dict[str, int], *, scale: float = 1) -> BrowserContext:
    """A fresh profile that asks for Japanese pages."""
    return browser.new_context(viewport=size, locale="ja-JP", timezone_id="Asia/Tokyo", device_scale_factor=scale)


def reload_until(page: Page, selector: str, what: str) -> None:
    """Load the page again until it shows *selector*: for what the worker does in the background."""

    def shown() -> bool:
        page.reload()
        return page.locator(selector).count() > 0

    until(lambda: page.locator(selector).count() > 0 or shown(), what)


def press(page: Page, selector: str) -> None:
    """Press what *selector* names once, and wait for the page it leads to."""
    with page.expect_navigation():
        page.locator(selector).click()


def path_of(page: Page) -> str:
    """The address of the page without host, query and fragment."""
    return urlsplit(page.url).path


def fill_date(page: Page, name: str, year: int, month: int, day: int) -> None:
    """Type a western date into a date component."""
    page.locator(f"select[name={name}-era]").select_option("ce")
    for part, number in (("year", year), ("month", month), ("day", day)):
        page.locator(f"input[name={name}-{part}]").fill(str(number))


class Passkeys:
    """A device's authenticator (CDP WebAuthn). It belongs to a tab: `move_to` carries the keys to another one."""

    def __init__(self, page: Page) -> None:
        self._keys: list[dict[str, Any]] = []
        self.move_to(page)

    def move_to(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = made["authenticatorId"]
        for key in self._keys:
            self._session.send("WebAuthn.addCredential", {"authenticatorId": self._id, "credential": key})

    def keep(self) -> int:
        """Remember the keys before the tab goes; how many there are."""
        self._keys = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})["credentials"]
        return len(self._keys)


class Console:
    """What a page must never do: throw, break the content policy, or get an answer of 500 and above."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("response", self._look)
        context.on("console", lambda message: self._hear(message.type, message.text))

    def _look(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")

    def _hear(self, kind: str, words: str) -> None:
        if kind == "error" and "Content Security Policy" in words:
            self.faults.append(words)


def smaller(png: bytes) -> bytes:
    """The same picture, packed as tightly as zlib can: screenshots are written in a hurry."""
    out, place, data = bytearray(png[:8]), 8, b""
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, end = png[place + 4 : place + 8], place + 12 + length
        if kind == b"IDAT":
            data += png[place + 8 : end - 4]
        elif kind == b"IEND":
            packed = b"IDAT" + zlib.compress(zlib.decompress(data), 9)
            out += struct.pack(">I", len(packed) - 4) + packed + struct.pack(">I", zlib.crc32(packed)) + png[place:end]
        else:
            out += png[place:end]
        place = end
    return bytes(out)


def take_picture(page: Page, file: Path) -> None:
    """What is seen without scrolling, from the top of the page."""
    page.evaluate("document.activeElement.blur(), document.fonts.ready.then(() => scrollTo(0, 0))")
    file.write_bytes(smaller(page.screenshot(animations="disabled", caret="hide")))
