"""Why was I not told: every programme at once, with what is not met, for the reader and the children they raise alone."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.facts import service as facts
from portal.guidance import why, wording
from portal.guidance.rules import SITUATION_WORDS, Situation
from portal.guidance.schema import Rule
from portal.guidance.why import Because, Reason, Standing
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.i18n import show_date
from portal.web.room import Room

room = Room("guidance_why", __name__, "/guidance/why-not")


@room.page("", access=Access.RESIDENT)
def why_not(session: Session, actor: Actor) -> str:
    """Every programme by part of life, with why it concerns me or not."""
    assert actor.id
    found = why.all_programmes(session, actor.id)
    parts = [
        {
            "title": _(SITUATION_WORDS[part]),
            "programmes": [_programme(rule, lines) for rule, lines in found if rule.situation is part],
        }
        for part in Situation
    ]
    return render_template("guidance/why_not.html", parts=[part for part in parts if part["programmes"]])


def _programme(rule: Rule, lines: list[Standing]) -> dict[str, Any]:
    return {
        "name": rule.name,
        "title": _(rule.title),
        "fits": any(line.fits for line in lines),
        "lines": [
            {
                "about": line.about,
                "fits": line.fits,
                "reasons": list(dict.fromkeys(_WORDS[reason.because](rule, reason) for reason in line.reasons)),
                "asks_consent": any(reason.because is Because.CONSENT for reason in line.reasons),
            }
            for line in lines
        ],
    }


def _not_now(rule: Rule, _reason: Reason) -> str:
    return _("The time for it is not now: %(occasion)s", occasion=wording.occasion(rule))


def _condition(_rule: Rule, reason: Reason) -> str:
    assert reason.condition
    return _("Not met: %(condition)s", condition=wording.condition(reason.condition))


def _unknown(_rule: Rule, reason: Reason) -> str:
    return _("The city does not know this: %(what)s", what=_(facts.types()[reason.fact].title))


def _consent(rule: Rule, _reason: Reason) -> str:
    return _("Needs your consent to: %(topic)s", topic=_(facts.topics()[rule.consent].title))


def _told(_rule: Rule, reason: Reason) -> str:
    return _("You were told already on %(day)s", day=show_date(reason.day) if reason.day else "")


_WORDS: Mapping[Because, Callable[[Rule, Reason], str]] = {
    Because.OFF: lambda _rule, _reason: _("The section tells nobody of it at the moment"),
    Because.NO_CHILD: lambda _rule, _reason: _("It is about children you raise; the register knows of none."),
    Because.NOT_NOW: _not_now,
    Because.CONDITION: _condition,
    Because.UNKNOWN: _unknown,
    Because.CONSENT: _consent,
    Because.OTHERS: lambda _rule, _reason: _("It depends on data that is not shown here, such as that of other people"),
    Because.TOLD: _told,
    Because.APPLIED: lambda _rule, _reason: _("You applied already"),
    Because.SOON: lambda _rule, _reason: _("Nothing speaks against it: the city looks again tonight"),
}
