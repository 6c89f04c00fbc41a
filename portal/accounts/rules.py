"""What opens an account and what does not: pure decisions and refusals."""

import re
from collections.abc import Collection
from itertools import count

from portal.core.errors import Refusal
from portal.core.words import N_

LOGIN_ID = re.compile(r"[a-z0-9][a-z0-9._@-]{2,59}")

EVENT_WORDS = {
    "sign-in": N_("Signed in"),
    "new-browser": N_("Signed in from a new browser"),
    "stronger": N_("Confirmed with a passkey"),
    "stronger-card": N_("Confirmed with the My Number Card"),
    "passkey-added": N_("A passkey was added"),
    "passkey-removed": N_("A passkey was removed"),
    "passkeys-ended": N_("All passkeys were removed, because the password was set with a code"),
    "signed-out-others": N_("Signed out elsewhere"),
    "card-enrolled": N_("A card was registered"),
    "card-ended": N_("A card was withdrawn"),
    "code-handed-out": N_("A code for a new password was handed out at the window"),
    "password-changed": N_("A new password was set"),
    "mail-address": N_("A mail address for notices was confirmed"),
    "phone-number": N_("A telephone number for text messages was confirmed"),
    "line-account": N_("A LINE account was connected"),
    "push-device": N_("Notifications were turned on for a device"),
}
# What staff did: these lines name an office where the others name a browser.
AT_THE_WINDOW = frozenset({"card-enrolled", "card-ended", "code-handed-out"})


class LoginIdTaken(Refusal):
    code = "login-id-taken"
    status = 409
    message = N_("This login ID is in use already.")
    next_step = N_("Choose another one.")


class AccountExists(Refusal):
    code = "account-exists"
    status = 409
    message = N_("This person has an account already.")
    next_step = N_("Sign in with it. If the login ID is forgotten, ask at a window of the ward office.")


class ChallengeOver(Refusal):
    code = "challenge-over"
    status = 410
    message = N_("This confirmation took too long, or was used already.")
    next_step = N_("Please start again.")


class PasskeyRefused(Refusal):
    code = "passkey-refused"
    status = 403
    message = N_("This passkey could not be confirmed.")
    next_step = N_("Try again, or use your password.")


class TooManyPasskeys(Refusal):
    code = "too-many-passkeys"
    status = 409
    message = N_("An account can have up to %(most)s passkeys.")
    next_step = N_("Remove one you no longer use.")


class IdentityNotChecked(Refusal):
    code = "account-identity-not-checked"
    status = 409
    message = N_("The identity of this person has not been checked in the last %(minutes)s minutes.")
    next_step = N_("Read the card, or record which document was shown. Then go on.")


class NoAccount(Refusal):
    code = "no-account"
    status = 409
    message = N_("This person has no account of the portal yet.")
    next_step = N_("A new password is only for accounts that are there.")


class CardNotTheirs(Refusal):
    code = "card-not-theirs"
    status = 403
    message = N_("This card is not registered for this person.")
    next_step = N_("Check whose card it is, or check the identity with documents.")


class CardUnknown(Refusal):
    code = "card-unknown"
    status = 403
    message = N_("This card is not registered here yet.")
    next_step = N_("Please ask at a window of the ward office.")


class CardWithoutAccount(Refusal):
    code = "card-without-account"
    status = 403
    message = N_("There is no account for this card yet.")
    next_step = N_("Please ask at a window of the ward office.")


class CardOfAnotherAccount(Refusal):
    code = "card-of-another-account"
    status = 403
    message = N_("This card belongs to another person than the one who is signed in.")
    next_step = N_("Use your own card, or sign out first.")


class CertificateExpired(Refusal):
    code = "certificate-expired"
    status = 403
    message = N_("The certificate on this card is out of date.")
    next_step = N_("You can renew it at a window of the ward office.")


class CertificateRevoked(Refusal):
    code = "certificate-revoked"
    status = 403
    message = N_("The certificate on this card is no longer valid.")
    next_step = N_("Please ask at a window of the ward office.")


class CertificateUntrusted(Refusal):
    code = "certificate-untrusted"
    status = 403
    message = N_("This card was not issued by an authority we know.")
    next_step = N_("Please use your My Number Card.")


class RevocationUnknown(Refusal):
    code = "revocation-unknown"
    status = 503
    message = N_("At the moment we cannot check whether this card is still valid.")
    next_step = N_("Please try again later, or ask at a window of the ward office.")


class CardOfSomebodyElse(Refusal):
    code = "card-of-somebody-else"
    status = 409
    message = N_("This card is registered for another person.")
    next_step = N_("Check whose card it is.")


class SignatureWrong(Refusal):
    code = "signature-wrong"
    status = 403
    message = N_("The card could not be confirmed.")
    next_step = N_("Take the card off, put it on again and try once more.")


# Told apart by the first word that fits: Edge and Opera also call themselves Chrome, and Chrome Safari.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def told_apart(name: str, taken: Collection[str]) -> str:
    """*name*, or with the next number where another device is called so: `Chrome (Android) 2`."""
    names = (name if number == 1 else f"{name} {number}" for number in count(1))
    return next(one for one in names if one not in taken)


def device_name(user_agent: str) -> str:
    """`Chrome (Android)`: enough for its owner to know it again; "" when the browser does not say."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return f"{browser} ({system})" if browser and system else browser or system
