"""The day's people, what they have learnt so far, and what is kept when a step fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from portal.demo import cast
from portal.demo.town import Town
from tests.journeys.browsers import DESK, PHONE, TOUCH_SCREEN, WALL, Console, Passkeys, context, press, take_picture
from tests.journeys.printing import Printer

PICTURES = Path(__file__).with_name("pictures")
WARD = "chuo"

Step = Callable[["Day"], None]


@dataclass(slots=True)
class Learnt:
    """What people write down on the way."""

    notice: str = ""
    application: str = ""
    reference: str = ""
    booking: str = ""
    visit: datetime | None = None
    ticket: str = ""


@dataclass
class Day:
    """One walk through the town: a page for each person and machine."""

    town: Town
    printer: Printer
    browser: Browser
    folder: Path
    takes_pictures: bool
    learnt: Learnt = field(default_factory=Learnt)
    console: Console = field(default_factory=Console)
    passkeys: Passkeys = field(init=False)

    def __post_init__(self) -> None:
        self.phone = self._page(PHONE)
        self.clerk, self.centre, self.window = (self._page(DESK) for _ in range(3))
        self.kiosk = self._page(TOUCH_SCREEN, scale=0.5)
        self.board = self._page(WALL, scale=0.5)

    def _page(self, size: dict[str, int], *, scale: float = 1) -> Page:
        made = context(self.browser, size, scale=scale)
        self.console.watch(made)
        return made.new_page()

    @property
    def home(self) -> str:
        """The portal under a name, because passkeys belong to names."""
        return self.town.portal_url.replace("127.0.0.1", "localhost")

    @property
    def office(self) -> str:
        return self.town.portal_url

    def pages(self) -> dict[str, Page]:
        names = ("phone", "clerk", "centre", "window", "kiosk", "board")
        return {name: getattr(self, name) for name in names}

    def picture(self, page: Page, name: str) -> None:
        """A picture for the README, where PICTURES=1 asks for it."""
        if self.takes_pictures:
            PICTURES.mkdir(exist_ok=True)
            take_picture(page, PICTURES / f"{name}.png")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """When the step fails, its name and what everybody saw are kept in the test's folder."""
        try:
            yield
        except BaseException as error:
            where = self.folder / name
            where.mkdir(parents=True, exist_ok=True)
            for who, page in self.pages().items():
                with suppress(Exception):
                    page.screenshot(path=where / f"{who}.png", timeout=5000)
                    (where / f"{who}.txt").write_text(f"{page.url}\n\n{page.locator('body').inner_text(timeout=2000)}")
            error.add_note(f"in the step: {name}; what everybody saw is in {where}")
            raise


def wants_pictures() -> bool:
    return os.environ.get("PICTURES") == "1"


def sign_in_staff(page: Page, address: str, person: cast.Staff) -> None:
    """By password, through the staff door."""
    page.goto(f"{address}/staff/sign-in")
    page.locator("input[name=login_id]").fill(person.login_id)
    page.locator("input[name=password]").fill(person.password)
    press(page, "main button[type=submit]")


def sign_out(page: Page) -> None:
    """Through the menu, as a person would."""
    page.locator(".tool--menu").click()
    press(page, ".menu__account form button")
