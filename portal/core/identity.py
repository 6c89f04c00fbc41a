"""How staff make sure who stands in front of them (本人確認). The kind of proof is kept, never its number."""

from collections.abc import Mapping
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_


class Document(StrEnum):
    """What a person may show instead of the card's chip (本人確認書類)."""

    MY_NUMBER_CARD = "my-number-card"
    DRIVING_LICENCE = "driving-licence"
    PASSPORT = "passport"
    RESIDENCE_CARD = "residence-card"
    DISABILITY_HANDBOOK = "disability-handbook"
    TWO_WITHOUT_PHOTO = "two-without-photo"


DOCUMENT_WORDS: Mapping[Document, str] = {
    Document.MY_NUMBER_CARD: N_("My Number Card (face of the card)"),
    Document.DRIVING_LICENCE: N_("Driving licence"),
    Document.PASSPORT: N_("Passport"),
    Document.RESIDENCE_CARD: N_("Residence card"),
    Document.DISABILITY_HANDBOOK: N_("Disability handbook"),
    Document.TWO_WITHOUT_PHOTO: N_("Two documents without a photo"),
}
BY_CARD = "card-chip"
CARD_WORDS = N_("My Number Card read by the reader")


def how_words(how: str) -> str:
    """The msgid for how the identity was checked."""
    return CARD_WORDS if how == BY_CARD else DOCUMENT_WORDS[Document(how)]


class CardNotRead(Refusal):
    code = "card-not-read"
    status = 422
    message = N_("The card could not be read.")
    next_step = N_("Put the card on the reader again, or check identity with documents.")


class DocumentMissing(Refusal):
    code = "document-missing"
    status = 422
    message = N_("Choose which document was shown.")
    next_step = N_("Choose one of the documents in the list.")
