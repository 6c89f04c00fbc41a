"""What is signed: the answers and the digests of the documents, as bytes that come out the same each time.

JSON with sorted names, no spaces and UTF-8 (RFC 8785, as far as it matters for text, whole numbers, lists and objects).
The reference number in it makes a signature good for one application alone.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from portal.applications import cases
from portal.applications.models import Application
from portal.applications.procedures.fields.attachment import ATTACHED
from portal.applications.procedures.schema import Kind

FORMAT = "omatome-application-1"


def canonical(case: Application, answers: Mapping[str, Any] | None = None) -> bytes:
    """The bytes a card signs for this case as it is now, or as it will be with these answers."""
    procedure = cases.procedure_of(case)
    said = case.answers if answers is None else answers
    told = procedure.told(said)
    asked = {field.name for section in procedure.asked(said) for field in section.fields}
    documents = {field.name for field in procedure.fields() if field.type is Kind.ATTACHMENT}
    content = {
        "format": FORMAT,
        "reference": case.reference,
        "procedure": case.procedure,
        "version": case.version,
        "answers": {name: answer for name, answer in told.items() if name not in documents},
        "documents": [
            {name: file[name] for name in ("place", "name", "size", "sha256")}
            for file in case.known.get(ATTACHED, ())
            if file["place"] in asked
        ],
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(case: Application) -> str:
    """What the answers and documents are now: SHA-256 in hexadecimal. A page carries it, so that nobody signs or confirms
    other answers than those that were shown."""
    return hashlib.sha256(canonical(case)).hexdigest()


def to_sign(case: Application, answers: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The same bytes for a page and its card reader: `document` in base64url, their `digest`, and the `code` both show."""
    content = canonical(case, answers)
    return {
        "document": base64.urlsafe_b64encode(content).decode().rstrip("="),
        "digest": hashlib.sha256(content).hexdigest(),
        "code": check_code(content),
    }


def check_code(content: bytes) -> str:
    """What the page and the card reader's own page both show, so that the holder sees it is the same thing."""
    digest = hashlib.sha256(content).hexdigest().upper()
    return f"{digest[:4]}-{digest[4:8]}"
