"""What staff have to make sure of before they hand out a certificate. Pure; refusals say what next."""

from datetime import timedelta

from portal.core.errors import Refusal
from portal.core.identity import Document
from portal.core.words import N_

CHECK_MINUTES = 15
OPEN_FOR = timedelta(days=1)
WEAK = frozenset({Document.TWO_WITHOUT_PHOTO})
"""Not enough for a household under 支援措置: whoever it is hidden from may know how to get a letter of theirs."""


class CheckIdentityFirst(Refusal):
    code = "certificate-check-identity"
    status = 409
    message = N_("Check the person's identity first.")
    next_step = N_("A check counts for %(minutes)s minutes, and only for whoever made it.")


class PhotoNeeded(Refusal):
    code = "certificate-photo-needed"
    status = 409
    message = N_("Somebody of this household is protected: a document with a photo is needed.")
    next_step = N_("Check the identity again with the card, or with a document that has a photo.")


class NotConfirmed(Refusal):
    code = "certificate-not-confirmed"
    status = 422
    message = N_("Somebody of this household is protected.")
    next_step = N_("Ask your supervisor, make sure that the person is not whom it is hidden from, and tick the box.")


class FeeNotTaken(Refusal):
    code = "certificate-fee-not-taken"
    status = 422
    message = N_("Take the fee first.")
    next_step = N_("Tick the box when the money is in the drawer.")


def check(how: str, *, guarded: bool, confirmed: bool) -> None:
    """Raise what is still missing for a household under protection (住民基本台帳事務処理要領 第5-10)."""
    if not guarded:
        return
    if how in WEAK:
        raise PhotoNeeded
    if not confirmed:
        raise NotConfirmed
