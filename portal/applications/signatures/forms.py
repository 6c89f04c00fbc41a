"""A signature as the card bridge puts it into a form."""

from flask import request

from portal.applications.signatures.rules import SignatureNotRead
from portal.applications.signatures.service import Proof
from portal.core.identity import CardNotRead
from portal.web import card_bridge


def read_proof() -> Proof:
    """What the card made, with the digest of what the page showed. Raises SignatureNotRead when either half is missing."""
    try:
        certificate, signature = card_bridge.proof()
    except CardNotRead:
        raise SignatureNotRead from None
    if not certificate or not signature:
        raise SignatureNotRead
    return Proof(certificate, signature, request.form.get("digest", ""))
