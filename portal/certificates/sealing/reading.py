"""Whether a file is a certificate of the city: checked from published keys alone, without the portal and its database.

A PDF is checked three times over: its electronic seal is the city's own, leads to a trusted root and covers the whole
file, its signed code is the city's, and the data inside say what the code says. Only a time stamp of this very file may
come after the seal: what stands behind it otherwise, one reader skips and another one shows. A
code alone (its text, as any reader of QR codes gives it) and an electronic certificate are checked by their own
signature (README.md).
"""

import asyncio
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from portal.certificates.sealing import electronic, statement
from portal.certificates.sealing.key_names import key_id, raw_b64url
from portal.certificates.sealing.statement import Statement, StatementRefused
from portal.certificates.sealing.time_stamp import StampMissing, stamp_of

ATTACHED = "certificate.json"
LARGEST = 5_000_000
"""Bytes of a file that is read at all: a certificate has some 100 kB, and a stranger's file must not fill a memory."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a city publishes: its keys (JWKS) and the certificates its electronic seal leads to (PEM)."""

    jwks: Mapping[str, Any]
    roots: bytes

    def statement_keys(self) -> dict[bytes, Ed25519PublicKey]:
        found = [
            Ed25519PublicKey.from_public_bytes(raw_b64url(one["x"]))
            for one in self.jwks["keys"]
            if one.get("crv") == "Ed25519"
        ]
        return {key_id(key): key for key in found}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked: what, whether it holds, and what was found."""

    what: str
    holds: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was checked, and what the certificate says if everything holds."""

    findings: Sequence[Finding]
    says: Mapping[str, Any] = field(default_factory=dict)

    @property
    def genuine(self) -> bool:
        return bool(self.findings) and all(one.holds for one in self.findings)


def read(content: bytes, published: Published) -> Reading:
    """Check a PDF, the text of a code, or an electronic certificate."""
    if len(content) > LARGEST:
        return Reading([Finding("file", False, f"more than {LARGEST} bytes")])
    if content.startswith(b"%PDF-"):
        return _read_pdf(content, published)
    text = content.decode("utf-8", "replace").strip()
    if text.startswith(statement.PREFIX):
        found, code = _read_code(text, published)
        return Reading([found], _says(code))
    return _read_electronic(text, published)


def _read_code(text: str, published: Published) -> tuple[Finding, Statement | None]:
    try:
        code = statement.read(text, published.statement_keys())
    except StatementRefused as refused:
        return Finding("signed code", False, str(refused)), None
    return Finding("signed code", True, f"key {code.key.decode()}"), code


def _says(code: Statement | None) -> dict[str, Any]:
    if code is None:
        return {}
    return {"number": code.number, "issuer": code.issuer, "issued": code.issued_at.isoformat(), **code.contents}


def _read_electronic(text: str, published: Published) -> Reading:
    try:
        claims = electronic.read(text, published.jwks)
    except electronic.ElectronicRefused as refused:
        return Reading([Finding("electronic certificate", False, str(refused))])
    return Reading([Finding("electronic certificate", True, f"{len(claims)} claims shown")], claims)


def _read_pdf(pdf: bytes, published: Published) -> Reading:
    try:
        return _checked(PdfFileReader(io.BytesIO(pdf), strict=False), published)
    except (PdfError, SignatureValidationError, *NOT_A_PDF) as fault:
        return Reading([Finding("PDF", False, type(fault).__name__)])


NOT_A_PDF = (
    *(ValueError, LookupError, TypeError, AttributeError, AssertionError),
    *(ArithmeticError, NotImplementedError, RecursionError, zlib.error),
)
"""What reading a stranger's file may end in."""


def _checked(reader: PdfFileReader, published: Published) -> Reading:
    seals = list(reader.embedded_regular_signatures)
    if len(seals) != 1:
        return Reading([Finding("electronic seal", False, f"{len(seals)} seals instead of one")])
    stamps = _stamp(reader)
    findings = [_seal(seals[0], published.roots, stamped=bool(stamps)), *stamps]
    data = _attached(reader)
    if data is None:
        return Reading([*findings, Finding("data inside", False, "none")])
    found, code = _read_code(str(data.get("statement", "")), published)
    findings.append(found)
    if code is not None:
        same = code.number == data.get("issue_number") and _without_day(code.contents) == data.get("claims")
        findings.append(Finding("data inside", same, "as the code says" if same else "other than the code says"))
    return Reading(findings, _says(code))


def _without_day(contents: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in contents.items() if name != "on"}


def _seal(seal: EmbeddedPdfSignature, roots: bytes, *, stamped: bool) -> Finding:
    """The seal's own certificate is the first of those that are published; a renewed one bears the same name."""
    certificates = [asn1_x509.Certificate.load(der) for _, _, der in pem.unarmor(roots, multiple=True)]
    trusted = [one for one in certificates if one.self_issued]
    context = ValidationContext(trust_roots=trusted, other_certs=certificates, allow_fetching=False)
    status = asyncio.run(async_validate_pdf_signature(seal, context))
    signer = status.signing_cert.subject.human_friendly
    if not (status.intact and status.valid):
        return Finding("electronic seal", False, "the file was changed")
    if not status.trusted:
        return Finding("electronic seal", False, f"not of a trusted root: {signer}")
    own = certificates[0]
    if (status.signing_cert.subject, status.signing_cert.issuer) != (own.subject, own.issuer):
        return Finding("electronic seal", False, f"not the city's: {signer}")
    if not status.bottom_line or not (stamped or status.coverage is SignatureCoverageLevel.ENTIRE_FILE):
        return Finding("electronic seal", False, "something was added to the file")
    return Finding("electronic seal", True, signer)


def _stamp(reader: PdfFileReader) -> list[Finding]:
    """A file may have a stamp; if it has, it must be right. Its authority is not the city's to vouch for."""
    try:
        stamp = stamp_of(reader)
    except StampMissing as fault:
        return [Finding("time stamp", False, str(fault))]
    return [Finding("time stamp", True, f"{stamp.at.isoformat()} by {stamp.authority}")] if stamp else []


def _attached(reader: PdfFileReader) -> dict[str, Any] | None:
    """The data file inside (ISO 32000-1, 7.11.4)."""
    names = reader.root.get("/Names", {}).get("/EmbeddedFiles", {})
    for tree in [names, *names.get("/Kids", [])]:
        entries = list(tree.get("/Names", []))
        for name, spec in zip(entries[::2], entries[1::2], strict=True):
            if name == ATTACHED:
                found = json.loads(spec.get_object()["/EF"]["/F"].data)
                return found if isinstance(found, dict) else None
    return None
