"""What the city signs its certificates with, and what it publishes of it.

Three keys, each for one thing: Ed25519 for the code on the paper, P-256 (ES256) for electronic certificates, and the
electronic seal for PDFs. The first two are derived from the master secret. So is the seal of the demo, with a
certificate of a root of its own; a city sets its own (`PORTAL_SEAL_CERTIFICATE` with a key file, or a key that stays
in a token: PKCS#11, portal.config).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from portal.certificates.sealing.key_names import cose_key_set, ec_jwk, key_id, okp_jwk, thumbprint
from portal.config import Settings
from portal.core.addresses import CITY
from portal.core.crypto import b64url, derive_key, signing_key

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)

UNUSED = (
    *("digital_signature", "key_encipherment", "data_encipherment"),
    *("key_agreement", "encipher_only", "decipher_only"),
)


class SealKey(Protocol):
    """Whatever signs PDFs: a key in memory or in a token. The same bytes always give the same signature."""

    def sign(self, data: bytes) -> bytes:
        """PKCS #1 v1.5 with SHA-256 for RSA keys, ECDSA with SHA-256 (DER) for P-256."""


@dataclass(frozen=True, slots=True)
class KeyInMemory:
    """A key of the demo or of a file, kept as an object: reading it again costs more than signing with it."""

    key: RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

            return self.key.sign(data, PKCS1v15(), hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))  # RFC 6979


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything the city signs certificates with. `chain`: the seal's certificate first, then those above it."""

    statement: Ed25519PrivateKey = field(repr=False)
    electronic: ec.EllipticCurvePrivateKey = field(repr=False)
    seal: SealKey = field(repr=False)
    chain: tuple[x509.Certificate, ...]

    def jwks(self) -> dict[str, Any]:
        """The published keys (RFC 7517 section 5); `kid` is the thumbprint, for the code its first 8 bytes."""
        code = okp_jwk(self.statement.public_key())
        data = ec_jwk(self.electronic.public_key())
        return {
            "keys": [
                code | {"kid": key_id(self.statement.public_key()).decode(), "alg": "EdDSA", "use": "sig"},
                data | {"kid": self.electronic_kid, "alg": "ES256", "use": "sig"},
            ]
        }

    @property
    def electronic_kid(self) -> str:
        return b64url(thumbprint(ec_jwk(self.electronic.public_key())))

    def cose_key_set(self) -> bytes:
        return cose_key_set(self.statement.public_key())

    def chain_pem(self) -> bytes:
        return b"".join(one.public_bytes(Encoding.PEM) for one in self.chain)


def keys(settings: Settings) -> Keys:
    """The keys of this city, made once a process."""
    return _keys(
        settings.master,
        settings.seal_certificate,
        settings.seal_key,
        settings.seal_token,
        settings.seal_pin.get_secret_value(),
    )


@lru_cache(maxsize=4)
def _keys(master: bytes, certificate: Path | None, key_file: Path | None, token: str, pin: str) -> Keys:
    if certificate is None:
        seal, chain = _own_seal(master)
    else:
        chain = tuple(x509.load_pem_x509_certificates(certificate.read_bytes()))
        seal = _seal_in_token(token, pin) if token else _seal_of_file(key_file or certificate)
    return Keys(
        statement=signing_key(master, "certificate-statement"),
        electronic=_derived(master, "certificate-electronic"),
        seal=seal,
        chain=chain,
    )


def _seal_of_file(path: Path) -> SealKey:
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("PORTAL_SEAL_KEY: an RSA or a P-256 key")
    return KeyInMemory(key)


def _seal_in_token(token: str, pin: str) -> SealKey:
    from portal.certificates.sealing.token import KeyInToken  # here: only a city with a token has the library

    return KeyInToken(token, pin)


def _derived(master: bytes, purpose: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of *purpose*, derived so that a restart signs alike (FIPS 186-5 A.2.1: 64 bits to spare)."""
    wide = derive_key(master, f"{purpose}-1") + derive_key(master, f"{purpose}-2")[:8]
    return ec.derive_private_key(int.from_bytes(wide, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())


def _own_seal(master: bytes) -> tuple[SealKey, tuple[x509.Certificate, ...]]:
    root, leaf = _derived(master, "certificate-seal-root"), _derived(master, "certificate-seal")
    root_name, leaf_name = _name(f"架空の{CITY} 認証局"), _name(f"架空の{CITY} 電子公印")
    above = _certificate(root_name, root, root_name, root, ca=True)
    own = _certificate(leaf_name, leaf, root_name, root, ca=False)
    return KeyInMemory(leaf), (own, above)


def _name(common: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, f"架空の{CITY}"), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, by: ec.EllipticCurvePrivateKey, *, ca: bool
) -> x509.Certificate:
    """RFC 5280; a certificate for sealing has nonRepudiation alone, as seals of documents do."""
    public = key.public_key()
    usage = dict.fromkeys(UNUSED, False) | {"content_commitment": not ca, "key_cert_sign": ca, "crl_sign": ca}
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(int.from_bytes(thumbprint(ec_jwk(public))[:15], "big") | 1)
        .not_valid_before(SINCE)
        .not_valid_after(UNTIL)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    return builder.sign(by, hashes.SHA256(), ecdsa_deterministic=True)
