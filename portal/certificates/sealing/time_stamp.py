"""The time stamp of an authority (RFC 3161) after the seal: PAdES-B-T (ETSI EN 319 142-1) as a document time stamp, an
addition at the end, so that the file from before stands unchanged inside.

It proves that the sealed file was there at an instant which the city does not choose: the seal can still be believed
when the seal's own certificate has ended.
"""

import asyncio
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import tsp
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import EmbeddedPdfSignature, async_validate_pdf_timestamp
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext

from portal.certificates.sealing.pdf_seal import DIGEST, Update
from portal.core import outbound
from portal.core.outbound import Call, Limits

FIELD = "CityTimeStamp"
ROOM = 2 * 9_000
"""Hex digits kept free for the authority's answer: its signature, and two or three certificates."""
LIMITS = Limits(step=10.0, whole=20.0)
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


class StampMissing(Exception):
    """The authority was silent, refused, or what it sent is no stamp of this file; its argument says which."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the stamp of a file says, by a signature that is right. Whether its authority is to be trusted is for the
    reader to judge."""

    at: datetime
    authority: str


class Authority(TimeStamper):
    """A time-stamping authority behind an address (RFC 3161, section 3.4)."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        headers = {"Content-Type": QUERY, "Accept": REPLY}
        try:
            answer = await outbound.asked(Call("POST", self._url, headers, content=req.dump()), LIMITS)
        except OSError as fault:
            raise StampMissing(str(fault)) from None
        if not answer.is_good or answer.headers.get("content-type", "").split(";")[0] != REPLY:
            raise StampMissing(f"status {answer.status}")
        return tsp.TimeStampResp.load(answer.content)


class _StampUpdate(Update):
    MARK = b"stamped"


def stamped(pdf: bytes, authority: TimeStamper) -> tuple[bytes, Stamp]:
    """The sealed file with a stamp. Raises StampMissing for whatever keeps it from getting a right one."""
    try:
        writer = _StampUpdate(io.BytesIO(pdf))
        out = PdfTimeStamper(authority, field_name=FIELD).timestamp_pdf(writer, DIGEST, bytes_reserved=ROOM)
        content = bytes(out.getbuffer())
        stamp = stamp_of(PdfFileReader(io.BytesIO(content)))
    except (
        OSError,
        PdfError,
        ValueError,
        TypeError,
        KeyError,
        SignatureValidationError,
    ) as fault:  # a stranger's bytes
        raise StampMissing(type(fault).__name__) from None
    if stamp is None or not content.startswith(pdf):
        raise StampMissing("not of this file")
    return content, stamp


def stamp_of(reader: PdfFileReader) -> Stamp | None:
    """The stamp of a file, if there is one; StampMissing for one that is not of this file."""
    found: list[EmbeddedPdfSignature] = list(reader.embedded_timestamp_signatures)
    if not found:
        return None
    sent = [found[-1].signer_cert, *found[-1].other_embedded_certs]
    status: Any = asyncio.run(async_validate_pdf_timestamp(found[-1], ValidationContext(trust_roots=sent)))
    if len(found) > 1 or not (status.intact and status.valid) or status.coverage.name != "ENTIRE_FILE":
        raise StampMissing("not of this file")
    named = status.signing_cert.subject
    return Stamp(status.timestamp, str(named.native.get("common_name") or named.human_friendly))
