"""What each screen shows: the template of a step and the facts it draws. No decisions about the journey."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import segno
from babel.dates import format_skeleton, format_time
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale, get_timezone, gettext
from markupsafe import Markup

from kiosk import speech
from kiosk.code_steps import ROWS
from kiosk.comfort import OFFERED
from kiosk.emergency import banner
from kiosk.machine import Machine
from kiosk.steps import BUSY, LANGUAGES, OFFERS_SHOWN, RESTING, REWARDS_SHOWN, WARNING_SECONDS, Journey, Step
from kiosk.words import HTML_LANGUAGES, LANGUAGE_NAMES, notice_sentences

UNSTOPPABLE = RESTING | {Step.PRINTING, Step.CANCELLING}
"""What is paid is printed, what is cancelled is paid back: a key that says “stop” would promise something else."""
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
    site = replace(site, hours=journey.health.hours or site.hours)
    facts = {
        "journey": journey,
        "site": site,
        "pad": machine.pad,
        "version": machine.version,
        "warning": warning,
        "seconds_left": max(0, round(journey.seconds_left(now))),
        "refresh": _refresh(journey, now),
        "can_stop": journey.step not in UNSTOPPABLE,
        "comforts": OFFERED,
        "speech": _speech(machine, site, warning=warning),
        "languages": LANGUAGE_NAMES,
        "html_language": HTML_LANGUAGES.get(journey.language, journey.language),
        "sentences": notice_sentences(journey.notice.code) if journey.notice else None,
        "summary": _summary(journey),
        "stage": _stage(journey),
        "windows": machine.window_hours() if journey.step is Step.OUT_OF_SERVICE else None,
        "emergencies": banner(machine.emergencies, journey.language, now),
        "rewards": journey.account.rewards[journey.rewards_from :][:REWARDS_SHOWN] if journey.account else (),
        "more_rewards": bool(journey.account) and len(journey.account.rewards) > journey.rewards_from + REWARDS_SHOWN,  # type: ignore[union-attr]
        "offers": journey.offers[journey.offers_from : journey.offers_from + OFFERS_SHOWN],
        "open_offers": [one for one in journey.offers if one.why_not is None],
        "more_offers": len(journey.offers) > journey.offers_from + OFFERS_SHOWN,
        "not_with_points": _not_with_points(journey),
        "code": _code_of(journey),
        "sign_rows": ROWS,
    }
    return View("busy" if journey.step in BUSY else TEMPLATES.get(journey.step, str(journey.step)), facts)


def _speech(machine: Machine, site: Site, *, warning: bool) -> str:
    """What is to be heard with this screen, as JSON for the script; nothing unless the person asked for it."""
    if not machine.journey.comfort.speaks:
        return "[]"
    too_few = machine.pad.confirmed_too_early
    pieces = speech.said(machine.journey, fee=site.fee, hours=site.hours, typed_too_few=too_few, warning=warning)
    if machine.journey.step is Step.OUT_OF_SERVICE:
        pieces += [(machine.journey.language, one) for one in speech.window_hours(machine.window_hours())]
    return json.dumps(speech.spans(pieces))


def _not_with_points(journey: Journey) -> str:
    """Why points do not pay the fee: too few of them in the language of the screen, anything else as the portal said it."""
    by_points = journey.order.by_points if journey.order else None
    if by_points is None or by_points.why_not is None:
        return ""
    if by_points.balance >= by_points.points:
        return by_points.why_not
    there, wanted = _figure(by_points.balance), _figure(by_points.points)
    return gettext("You have %(there)s points, and %(wanted)s are needed.", there=there, wanted=wanted)


TEMPLATES = {Step.NEW_PIN: "pin", Step.NEW_PIN_AGAIN: "pin"}


def _code_of(journey: Journey) -> Markup | str:
    """The QR code of a screen that leads on to a phone."""
    if journey.drawn:
        return _code(journey.drawn.address)
    return _code(journey.waiting.address) if journey.waiting and journey.step is Step.TASKS else ""


def _code(address: str) -> Markup:
    """A QR code as inline SVG."""
    return Markup(segno.make(address, error="m", micro=False).svg_inline(border=2, omitsize=True))  # noqa: S704 - segno's own


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
    app.add_template_filter(_figure, "figure")
    app.add_template_filter(_day, "day")
    app.add_template_filter(_date_only, "date_only")
    app.add_template_filter(_date_with_year, "date_with_year")
    app.add_template_filter(_clock, "clock")
    app.add_template_filter(lambda written: written.removeprefix("0"), "written_clock")
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, Step=Step)


def _yen(amount: int) -> str:
    """The sum never stands on another line than its unit."""
    return gettext("%(amount)s yen", amount=_figure(amount)).replace(" ", "\u00a0")


def _figure(amount: int) -> str:
    """A number as the language writes it: 1,000 here is one in Portuguese."""
    return format_decimal(amount, locale=get_locale())


def _day(instant: str) -> str:
    local = datetime.fromisoformat(instant).astimezone(get_timezone())
    return format_skeleton("MMMEd", local, locale=get_locale())


def _date_only(day: str) -> str:
    return format_skeleton("MMMEd", date.fromisoformat(day), locale=get_locale())


def _date_with_year(day: str) -> str:
    return format_skeleton("yMMMd", date.fromisoformat(day), locale=get_locale())


def _clock(instant: str) -> str:
    local = datetime.fromisoformat(instant).astimezone(get_timezone())
    return format_time(local, "H:mm", tzinfo=get_timezone(), locale=get_locale())
