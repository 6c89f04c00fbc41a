"""Is this certificate one a national card authenticates with, from an authority we trust, in force now?

The authorities' certificates are a PEM file of several; their list of revoked certificates lies beside it as crl.pem.
Both are read once and again when the file changes. Checks follow RFC 5280 section 6 as far as a chain of two needs.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from portal.accounts import rules
from portal.core import clock

SMALLEST_KEY = 2048
LONGEST_DER = 8_192
_CRL_END = b"-----END X509 CRL-----"
_read: dict[Path, tuple[tuple[int, int], list[bytes]]] = {}


@dataclass(frozen=True, slots=True)
class Trusted:
    """A certificate that passed every check; the key is known to be RSA."""

    certificate: x509.Certificate
    key: RSAPublicKey


def check(certificate_der: bytes, ca_file: Path) -> Trusted:
    """The certificate, or the refusal that fits: untrusted, expired or revoked."""
    certificate = _parse(certificate_der)
    issuer = _issuer_of(certificate, ca_file)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY or not _is_for_authentication(certificate):
        raise rules.CertificateUntrusted
    if not _in_force(certificate, clock.now()):
        raise rules.CertificateExpired
    _check_revocation(certificate, issuer, ca_file.with_name("crl.pem"))
    return Trusted(certificate, key)


def check_signature(trusted: Trusted, signature: bytes, signed: bytes) -> None:
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2), what the card's authentication key makes."""
    try:
        trusted.key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise rules.SignatureWrong from None


def _parse(der: bytes) -> x509.Certificate:
    if len(der) > LONGEST_DER:
        raise rules.CertificateUntrusted
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.extensions, certificate.issuer, certificate.subject, certificate.public_key()
    except Exception as fault:  # a hostile card may send anything; the parser raises more than ValueError
        raise rules.CertificateUntrusted from fault
    return certificate


def _issuer_of(certificate: x509.Certificate, ca_file: Path) -> x509.Certificate:
    now = clock.now()
    for authority in authorities(ca_file):
        if authority.subject == certificate.issuer and _may_issue(authority) and _in_force(authority, now):
            try:
                certificate.verify_directly_issued_by(authority)
            except (InvalidSignature, ValueError, TypeError):
                continue
            return authority
    raise rules.CertificateUntrusted


def _may_issue(authority: x509.Certificate) -> bool:
    try:
        usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
        basic = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return basic.ca and usage.key_cert_sign


def _is_for_authentication(certificate: x509.Certificate) -> bool:
    """digitalSignature without nonRepudiation: the other certificate on the card signs documents, not sign-ins."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return usage.digital_signature and not usage.content_commitment and not usage.key_cert_sign


def _in_force(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def authorities(ca_file: Path) -> list[x509.Certificate]:
    """The trusted authorities; none when the file is missing."""
    blocks = _blocks(ca_file, b"-----END CERTIFICATE-----")
    return [x509.load_pem_x509_certificate(block) for block in blocks]


def _check_revocation(certificate: x509.Certificate, issuer: x509.Certificate, crl_file: Path) -> None:
    """Revoked is revoked even by an old list; an outdated list alone clears nobody.

    A demo city that lives on another day has no list of that day: there an old one must do.
    """
    lists = [
        found
        for found in (x509.load_pem_x509_crl(block) for block in _blocks(crl_file, _CRL_END))
        if found.issuer == issuer.subject and found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    ]
    if any(found.get_revoked_certificate_by_serial_number(certificate.serial_number) for found in lists):
        raise rules.CertificateRevoked
    if crl_file.exists() and not clock.is_shifted():
        ends = [found.next_update_utc for found in lists if found.next_update_utc]
        if not ends or max(ends) < clock.now():
            raise rules.RevocationUnknown


def _blocks(file: Path, end: bytes) -> list[bytes]:
    """The PEM blocks of *file*, read again only when its time or size changed."""
    try:
        stat = file.stat()
    except FileNotFoundError:
        return []
    stamp = (stat.st_mtime_ns, stat.st_size)
    known = _read.get(file)
    if known is None or known[0] != stamp:
        parts = file.read_bytes().split(end)
        known = _read[file] = (stamp, [part.strip() + b"\n" + end + b"\n" for part in parts if b"-----BEGIN" in part])
    return known[1]
