"""What each screen shows: the template of a step and the facts it draws. No decisions about the journey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.dates import format_skeleton, format_time
from flask import Flask
from flask_babel import get_locale, get_timezone, gettext

from kiosk.machine import Machine
from kiosk.steps import BUSY, LANGUAGES, RESTING, WARNING_SECONDS, Journey, Step
from kiosk.words import HTML_LANGUAGES, LANGUAGE_NAMES, notice_sentences

WAITING = RESTING | BUSY | {Step.INSERT_CARD, Step.GUIDE, Step.PAY, Step.PRINTING, Step.NOTICE}
"""Steps that move on without a touch; without a script such a screen asks again every few seconds."""


@dataclass(frozen=True)
class Site:
    """What the city says about this machine. `hours` is shown as it is, `fee` yen for one copy."""

    office: str = "中央区役所"
    hours: str = "6:30–23:00"
    fee: int = 200


@dataclass(frozen=True)
class View:
    template: str
    facts: dict[str, Any]


def screen(machine: Machine, site: Site) -> View:
    """The present screen of a machine."""
    journey, now = machine.journey, machine.now()
    warning = journey.is_warning(now)
    facts = {
        "journey": journey,
        "site": site,
        "pad": machine.pad,
        "version": machine.version,
        "warning": warning,
        "seconds_left": max(0, round(journey.seconds_left(now))),
        "refresh": _refresh(journey, now),
        "can_stop": journey.step not in RESTING,
        "languages": LANGUAGE_NAMES,
        "html_language": HTML_LANGUAGES.get(journey.language, journey.language),
        "sentences": notice_sentences(journey.notice.code) if journey.notice else None,
        "summary": _summary(journey),
        "stage": _stage(journey),
    }
    return View("busy" if journey.step in BUSY else str(journey.step), facts)


def _refresh(journey: Journey, now: float) -> int:
    """Seconds until a screen without script asks again."""
    if journey.step in WAITING:
        return 3
    left = journey.seconds_left(now)
    return max(1, round(left - WARNING_SECONDS if left > WARNING_SECONDS else left))


def _summary(journey: Journey) -> list[tuple[str, str]]:
    """The answers so far, as question and answer in the words of the portal."""
    kind = journey.chosen
    if kind is None:
        return []
    words = {option.name: option for option in kind.options}
    rows = []
    for name, value in journey.answers:
        label = next((choice.label for choice in words[name].choices if choice.value == value), value)
        rows.append((words[name].label, label))
    return rows


def _stage(journey: Journey) -> int:
    """How many stages of printing are reached: 1 paid, 2 being prepared, 3 at the printer."""
    stages = {"paying": 1, "paid": 1, "reported": 2, "sending": 2, "sent": 3, "printed": 3}
    return stages.get(journey.progress, 1)


def declare_filters(app: Flask) -> None:
    """Yen and instants in the language of the screen."""
    app.add_template_filter(_yen, "yen")
    app.add_template_filter(_day, "day")
    app.add_template_filter(_clock, "clock")
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, Step=Step)


def _yen(amount: int) -> str:
    """The sum never stands on another line than its unit."""
    return gettext("%(amount)s yen", amount=f"{amount:,}").replace(" ", "\u00a0")


def _day(instant: str) -> str:
    local = datetime.fromisoformat(instant).astimezone(get_timezone())
    return format_skeleton("MMMEd", local, locale=get_locale())


def _clock(instant: str) -> str:
    local = datetime.fromisoformat(instant).astimezone(get_timezone())
    return format_time(local, "H:mm", tzinfo=get_timezone(), locale=get_locale())
