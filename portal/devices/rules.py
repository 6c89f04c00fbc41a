"""What a machine client must be, and the refusals of its enrolment."""

import json
import re
from enum import StrEnum
from typing import Any

from portal.core.errors import Refusal
from portal.core.permissions import Scope
from portal.core.words import N_

CLIENT_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,59}")
LONGEST_KEY = 4_000


class Kind(StrEnum):
    """What a machine is for. A reader at a window is none: it talks to the page of the member of staff who is signed
    in there. An agency that sends notices enrols its system as SENDER, a library its counter as TERMINAL."""

    KIOSK = "kiosk"
    SENDER = "sender"
    RECEIVER = "receiver"
    TERMINAL = "terminal"


KIND_WORDS: dict[Kind, str] = {
    Kind.KIOSK: N_("Kiosk"),
    Kind.SENDER: N_("System that sends notices"),
    Kind.RECEIVER: N_("System of a section that receives cases"),
    Kind.TERMINAL: N_("Terminal that reads city cards"),
}
SCOPE_WORDS: dict[Scope, str] = {
    Scope.KIOSK: N_("Serve people at a kiosk"),
    Scope.NOTICES: N_("Send notices"),
    Scope.CASES: N_("Receive decided cases"),
    Scope.CARDS: N_("Read city cards: stop list and visits"),
    Scope.COMPANIES: N_("Register licences of companies and read those of others"),
    Scope.GRADES: N_("Set grades of companies and propose suspensions"),
}


class ClientIdTaken(Refusal):
    code = "client-id-taken"
    status = 409
    message = N_("A machine with this ID is registered already.")
    next_step = N_("Choose another ID, or revoke the old machine first.")


class ClientUnknown(Refusal):
    code = "client-unknown"
    status = 404
    message = N_("There is no such machine.")
    next_step = N_("Check the ID in the list of machines.")


class PublicKeyWrong(Refusal):
    code = "client-key-wrong"
    status = 422
    message = N_("This is not a public key of the expected kind.")
    next_step = N_("Use a public key in JWK form: elliptic curve P-256.")


class PrivateKeySent(Refusal):
    code = "client-key-private"
    status = 422
    message = N_("This is a private key. It must never leave the machine.")
    next_step = N_("Make a new key on the machine and send only its public part.")


def is_client_id(text: str) -> bool:
    """Lower-case letters, digits and hyphens, 3 to 60 signs."""
    return CLIENT_ID.fullmatch(text) is not None


def read_public_key(text: str) -> dict[str, Any]:
    """The public JWK (EC, P-256) somebody pasted or uploaded, with nothing but its own members."""
    from joserfc.errors import JoseError  # here: the worker, which enrols nobody, need not carry them
    from joserfc.jwk import ECKey

    if len(text) > LONGEST_KEY:
        raise PublicKeyWrong
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise PublicKeyWrong from None
    if not isinstance(value, dict):
        raise PublicKeyWrong
    if "d" in value:
        raise PrivateKeySent
    bare = {name: value.get(name) for name in ("kty", "crv", "x", "y")}
    if bare["kty"] != "EC" or bare["crv"] != "P-256" or not all(isinstance(part, str) for part in bare.values()):
        raise PublicKeyWrong
    try:
        ECKey.import_key(bare).get_op_key("verify")  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError):
        raise PublicKeyWrong from None
    return bare
