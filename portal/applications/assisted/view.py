"""What the pages at the window show beside the form's own: how to confirm, in which language to read it through."""

from typing import Any

from portal.applications.assisted import service
from portal.applications.assisted.rules import CONFIRMATION_WORDS, Confirmation
from portal.applications.models import Application, Assistance
from portal.applications.signatures.content import to_sign
from portal.core import identity
from portal.web import card_bridge
from portal.web.hall import hall
from portal.web.i18n import LANGUAGES, gettext


def sending(case: Application) -> dict[str, Any]:
    """How the person may confirm what the page shows, and what a card would sign."""
    settings = hall().settings
    allowed = service.ways_to_confirm(case)
    return {
        "ways": [
            (str(one), gettext(CONFIRMATION_WORDS[one])) for one in allowed if one is not Confirmation.SIGNED_CARD
        ],
        "by_card": Confirmation.SIGNED_CARD in allowed,
        **to_sign(case),
        "bridge": settings.bridge_url,
        "pairing": card_bridge.pairing(),
    }


def languages(own: str) -> list[tuple[str, str]]:
    """(code, own name) of the languages to read it through in, the person's own first."""
    return sorted(LANGUAGES.items(), key=lambda one: one[0] != own)


def record_of(found: Assistance | None) -> dict[str, str]:
    """Who filled it in with the person, how they proved who they are and how they confirmed, for who checks the case."""
    if found is None or found.sent_at is None:
        return {}
    return {
        "who": found.label,
        "verified": gettext(identity.how_words(found.verified_how)),
        "confirmed": gettext(CONFIRMATION_WORDS[Confirmation(found.confirmed_how)]),
    }
