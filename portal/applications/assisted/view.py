"""What the pages at the window show beside the form's own: how to confirm, in which language to read it through."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from portal.applications import sheet
from portal.applications.assisted import corrections, service
from portal.applications.assisted.corrections import Corrected
from portal.applications.assisted.rules import CONFIRMATION_WORDS, Confirmation
from portal.applications.models import Application, Assistance, AssistedCorrection
from portal.applications.signatures.content import to_sign
from portal.applications.written import words_of
from portal.core import identity
from portal.web import card_bridge
from portal.web.hall import hall
from portal.web.i18n import LANGUAGES, gettext, show_datetime


def sending(case: Application) -> dict[str, Any]:
    """How the person may confirm what the page shows, and what a card would sign."""
    return _sending(service.ways_to_confirm(case)) | to_sign(case) | {"beside": {}}


def sending_correction(session: Session, made: Corrected) -> dict[str, Any]:
    """The same for a correction; a card signs all of the application as it will be, `beside` is what was shown."""
    allowed = corrections.ways_to_confirm(session, made)
    return _sending(allowed) | to_sign(made.case, made.answers) | {"beside": {"shown": made.digest}}


def _sending(allowed: tuple[Confirmation, ...]) -> dict[str, Any]:
    return {
        "ways": [
            (str(one), gettext(CONFIRMATION_WORDS[one])) for one in allowed if one is not Confirmation.SIGNED_CARD
        ],
        "by_card": Confirmation.SIGNED_CARD in allowed,
        "bridge": hall().settings.bridge_url,
        "pairing": card_bridge.pairing(),
    }


def lines_of(made: Corrected) -> list[dict[str, str]]:
    """What was asked, what stood there, what stands there now and what the person says about it; then what else follows."""
    people, asked = sheet.people_of(made.case), {one.field: one for one in made.requests}
    found = []
    for field in made.fields:
        request = asked.get(field.name)
        found.append(
            {
                "label": gettext(field.label),
                "comment": request.comment if request else "",
                "before": words_of(
                    field, made.case.answers.get(field.name) if request is None else request.before, people
                ),
                "after": words_of(field, made.answers.get(field.name), people),
                "reply": made.reply(field.name) if request else "",
            }
        )
    return found


@contextmanager
def in_words_of(wanted: str) -> Iterator[None]:
    """Draw one page in another language; the choice of the member of staff stays."""
    if wanted in LANGUAGES:
        g.language = wanted
    yield


def languages(own: str) -> list[tuple[str, str]]:
    """(code, own name) of the languages to read it through in, the person's own first."""
    return sorted(LANGUAGES.items(), key=lambda one: one[0] != own)


def record_of(found: Assistance | AssistedCorrection | None) -> dict[str, str]:
    """Who filled it in, or corrected it, with the person, how they proved who they are and how they confirmed: for whoever
    checks the case."""
    if found is None or found.sent_at is None:
        return {}
    return {
        "who": found.label,
        "verified": gettext(identity.how_words(found.verified_how)),
        "confirmed": gettext(CONFIRMATION_WORDS[Confirmation(found.confirmed_how)]),
        "when": show_datetime(found.sent_at),
    }
