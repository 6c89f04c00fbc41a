"""The keys that seal what cards say to helpers, of the portal that serves this request."""

from portal.cards.contents import Seals
from portal.config import Settings
from portal.core.crypto import derive_key
from portal.web.hall import hall


def of(settings: Settings) -> Seals:
    return Seals(settings.file_ring, derive_key(settings.master, "card-contents"))


def seals() -> Seals:
    return of(hall().settings)
