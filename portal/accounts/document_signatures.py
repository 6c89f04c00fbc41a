"""Signatures of documents by a card's signing key: checked when they come, and again from what was kept.

The signing certificate is another one than the card signs in with: it is for signatures (nonRepudiation) and names its
holder by name, birth date, sex and address, each as an otherName (jpki/myna 0.5.1, libmyna/jpki_ap.go).
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from portal.accounts import certificates, ocsp, revocation, rules
from portal.accounts.revocation import ANSWERS, Answers, Status
from portal.core import clock
from portal.core.errors import Refusal
from portal.core.words import N_

PERSONAL_NAMES = "1.2.392.200149.8.5.5"
NAME, BIRTH_DATE = f"{PERSONAL_NAMES}.1", f"{PERSONAL_NAMES}.4"
UTF8_STRING = 0x0C
# id-kp-documentSigning (RFC 9336), which the library has no name for.
SIGNING = (x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"), ExtendedKeyUsageOID.EMAIL_PROTECTION)
# Selectors of a kanji's form: the card and the register may hold the same name in another form.
_FORMS = dict.fromkeys((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))


class NotForSigning(Refusal):
    code = "certificate-not-for-signing"
    status = 403
    message = N_("This card has no signing certificate, or another one answered.")
    next_step = N_("You can have one issued at a window of the ward office.")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was checked and is kept: DER each; `status_answer` is empty where the issuer's list cleared it."""

    certificate: bytes = field(repr=False)
    issuer: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    status_answer: bytes = field(repr=False)
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Signer:
    """Whom the certificate names."""

    name: str = field(repr=False)
    birth_date: date = field(repr=False)

    def is_called(self, name: str) -> bool:
        """Whether *name* is this name, whatever forms of kanji and spaces the two are written with."""
        return _bare(self.name) == _bare(name)


def check(
    certificate_der: bytes, signature: bytes, signed: bytes, ca_file: Path, answers: Answers = ANSWERS
) -> tuple[Signer, Evidence]:
    """Who signed, and what proves it, with what the issuer last said of the certificate (*answers*).

    Raises what a sign-in by card raises, and NotForSigning.
    """
    certificate, issuer = certificates.with_issuer(certificate_der, ca_file)
    key = _key_of(certificate)
    if not certificates.is_in_force(certificate, clock.now()):
        raise rules.CertificateExpired
    revocation.check(certificate, issuer, ca_file.with_name("crl.pem"))
    certificates.check_signature(certificates.Trusted(certificate, issuer, key), signature, signed)
    evidence = Evidence(
        certificate=certificate_der,
        issuer=issuer.public_bytes(Encoding.DER),
        signature=signature,
        status_answer=answers.content_about(certificate),
        checked_at=clock.now(),
    )
    return signer_of(certificate), evidence


def faults(evidence: Evidence, signed: bytes, ca_file: Path) -> list[str]:
    """What is wrong with a signature as it was kept, in English for operators; nothing if it holds.

    Good is what was good when it was signed: a certificate that ended or was taken back since changes nothing.
    """
    try:
        certificate = x509.load_der_x509_certificate(evidence.certificate)
        issuer = x509.load_der_x509_certificate(evidence.issuer)
        key = _key_of(certificate)
    except (ValueError, Refusal):
        return ["the kept certificates cannot be read, or are not for signing"]
    found = []
    try:
        certificates.check_signature(certificates.Trusted(certificate, issuer, key), evidence.signature, signed)
    except rules.SignatureWrong:
        found.append("the signature does not fit the kept content")
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        found.append("the certificate was not issued by the kept authority")
    if issuer not in certificates.authorities(ca_file):
        found.append("the kept authority is not one this portal trusts")
    if not all(certificates.is_in_force(one, evidence.checked_at) for one in (certificate, issuer)):
        found.append("the certificate was not in force when it was checked")
    return found + _status_faults(evidence, certificate, issuer, ca_file)


def _status_faults(
    evidence: Evidence, certificate: x509.Certificate, issuer: x509.Certificate, ca_file: Path
) -> list[str]:
    lists = ca_file.with_name("crl.pem")
    if evidence.status_answer:
        try:
            at = ocsp.said_at(evidence.status_answer) if clock.is_shifted() else evidence.checked_at
            status = ocsp.verify(evidence.status_answer, certificate, issuer, list_file=lists, at=at)[0]
        except ocsp.Unreliable as fault:
            return [f"the kept answer about the certificate proves nothing: {fault}"]
        return [] if status is Status.GOOD else [f"the issuer's answer was: {status}"]
    since = revocation.revoked_at(certificate, issuer, lists)
    return ["the certificate had been taken back before"] if since and since <= evidence.checked_at else []


def signer_of(certificate: x509.Certificate) -> Signer:
    """The holder's name and birth date; NotForSigning if the certificate names nobody."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        said = {one.type_id.dotted_string: _text(one.value) for one in names.get_values_for_type(x509.OtherName)}
        return Signer(said[NAME], datetime.strptime(said[BIRTH_DATE], "%Y%m%d").date())  # noqa: DTZ007 - a date
    except (x509.ExtensionNotFound, KeyError, ValueError):
        raise NotForSigning from None


def _text(der: bytes) -> str:
    """A DER UTF8String of up to 255 bytes (X.690, 8.1.3)."""
    if len(der) > 1 and der[0] == UTF8_STRING:
        content = der[3:] if der[1] == 0x81 else der[2:]
        if len(content) == (der[2] if der[1] == 0x81 else der[1]):
            return content.decode("utf-8")
    raise ValueError("no UTF8String")


def _key_of(certificate: x509.Certificate) -> RSAPublicKey:
    """The key, if the certificate is for signatures of documents (RFC 5280, 4.2.1.3) and strong enough."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        raise NotForSigning from None
    key = certificate.public_key()
    strong = isinstance(key, RSAPublicKey) and key.key_size >= certificates.SMALLEST_KEY
    if not (strong and usage.digital_signature and usage.content_commitment) or usage.key_cert_sign:
        raise NotForSigning
    if not certificates.is_meant_for(certificate, *SIGNING):
        raise NotForSigning
    assert isinstance(key, RSAPublicKey)
    return key


def _bare(name: str) -> str:
    return "".join(name.translate(_FORMS).split())
