"""Is this certificate one a national card authenticates with, from an authority we trust, in force now?

The authorities' certificates are a PEM file of several, read once and again when it changes; their list of revoked
certificates lies beside it as crl.pem (see `revocation`). Checks follow RFC 5280 section 6 as far as a chain of two needs:
any policy is taken, and a critical extension that is not looked at here refuses (section 4.2).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from portal.accounts import revocation, rules
from portal.core import clock

SMALLEST_KEY = 2048
LONGEST_DER = 8_192
LOOKED_AT = {x509.KeyUsage, x509.BasicConstraints, x509.ExtendedKeyUsage, x509.CertificatePolicies,
             x509.SubjectAlternativeName}  # fmt: skip
ANY_PURPOSE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
_END = b"-----END CERTIFICATE-----"
_read: dict[Path, tuple[tuple[int, int], list[x509.Certificate]]] = {}


@dataclass(frozen=True, slots=True)
class Trusted:
    """A certificate that passed every check; the key is known to be RSA."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    key: RSAPublicKey


def check(certificate_der: bytes, ca_file: Path) -> Trusted:
    """The certificate, or the refusal that fits: untrusted, expired or revoked."""
    certificate, issuer = with_issuer(certificate_der, ca_file)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY or not _is_for_authentication(certificate):
        raise rules.CertificateUntrusted
    if not is_in_force(certificate, clock.now()):
        raise rules.CertificateExpired
    revocation.check(certificate, issuer, ca_file.with_name("crl.pem"))
    return Trusted(certificate, issuer, key)


def with_issuer(certificate_der: bytes, ca_file: Path) -> tuple[x509.Certificate, x509.Certificate]:
    """A certificate and the trusted authority that signed it; raises CertificateUntrusted when there is none."""
    certificate, issuer = _verified(certificate_der, ca_file, _stamp(ca_file))
    if not is_in_force(issuer, clock.now()):
        issuer = _issuer_of(certificate, ca_file)  # another one of the same name and key may be in force by now
    return certificate, issuer


@lru_cache(maxsize=256)
def _verified(
    certificate_der: bytes, ca_file: Path, _file_as_it_is: tuple[int, int]
) -> tuple[x509.Certificate, x509.Certificate]:
    """The same certificate is asked about twice for a sign-in (its status, then all of it), and comes again."""
    certificate = _parse(certificate_der)
    return certificate, _issuer_of(certificate, ca_file)


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
    if not is_understood(certificate):
        raise rules.CertificateUntrusted
    return certificate


def is_understood(certificate: x509.Certificate) -> bool:
    """Whether nothing in it is both unknown to us and too important to be passed over."""
    return all(type(one.value) in LOOKED_AT for one in certificate.extensions if one.critical)


def is_meant_for(certificate: x509.Certificate, *purposes: x509.ObjectIdentifier) -> bool:
    """Whether it is for one of these, or does not say what for (RFC 5280 section 4.2.1.12)."""
    try:
        said = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return any(one in said for one in (*purposes, ANY_PURPOSE))


def _issuer_of(certificate: x509.Certificate, ca_file: Path) -> x509.Certificate:
    now = clock.now()
    for authority in authorities(ca_file):
        if authority.subject == certificate.issuer and _may_issue(authority) and is_in_force(authority, now):
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
    """digitalSignature without nonRepudiation: the other certificate on the card signs documents, not sign-ins. And not one
    that was made for something else, as the responder's is."""
    if not is_meant_for(certificate, ExtendedKeyUsageOID.CLIENT_AUTH):
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return usage.digital_signature and not usage.content_commitment and not usage.key_cert_sign


def is_in_force(certificate: x509.Certificate, now: datetime) -> bool:
    """Between its two dates, both included."""
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def authorities(ca_file: Path) -> list[x509.Certificate]:
    """The trusted authorities, read again only when the file's time or size changed; none when it is missing."""
    stamp = _stamp(ca_file)
    if not any(stamp):
        return []
    known = _read.get(ca_file)
    if known is None or known[0] != stamp:
        parts = ca_file.read_bytes().split(_END)[:-1]
        found = [x509.load_pem_x509_certificate(part.strip() + b"\n" + _END + b"\n") for part in parts]
        known = _read[ca_file] = (stamp, found)
    return known[1]


def _stamp(file: Path) -> tuple[int, int]:
    """What changes with a file; zeros when it is missing."""
    try:
        stat = file.stat()
    except FileNotFoundError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size
