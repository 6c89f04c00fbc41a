"""What a signature by card needs, and how it is said when it cannot be taken."""

from portal.core.errors import Refusal
from portal.core.words import N_

CARD = "card"


class NoSignatureWanted(Refusal):
    code = "signature-not-wanted"
    message = N_("This application is not signed by card.")
    next_step = N_("Open the application to see where it stands.")


class SignedSomethingElse(Refusal):
    code = "signature-of-something-else"
    message = N_("The answers were changed since the page for signing was opened.")
    next_step = N_("Check the answers again, then sign once more.")


class SignerIsSomebodyElse(Refusal):
    code = "signature-of-somebody-else"
    status = 403
    message = N_("The name or birth date on the card is not that of the applicant.")
    next_step = N_("Sign with your own card. If your name changed, sign at a window of the ward office.")


class SignatureNotRead(Refusal):
    code = "signature-not-read"
    status = 422
    message = N_("Nothing came from the card reader.")
    next_step = N_("Take the card off, put it on again and try once more.")
