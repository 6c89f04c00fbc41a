"""The test certificate authority: one issuer for authentication and signature certificates, its CRL, its delegate.

The delegate signs what the OCSP responder says (RFC 6960 section 2.6), so that the issuer's own key need not be online.

Every name says TEST and 架空 so that nobody takes its certificates for real ones.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from card_reader import tlv
from card_reader.simulator.memory import write_atomically
from card_reader.simulator.people import Persona

FILE = "authority.json"
CA_FILE = "ca.pem"
CRL_FILE = "crl.pem"
RENEWALS_FILE = "renewals.jws"
CA_LIFE = timedelta(days=3653)
CARD_LIFE = timedelta(days=5 * 365)  # JPKI certificates end at the fifth birthday at the latest
CRL_LIFE = timedelta(days=30)
CLOCK_SLACK = timedelta(minutes=5)  # clocks of other machines may be behind
BACKDATE = timedelta(days=30)  # a demo city may live on an earlier day

# otherName forms of the signature certificate (jpki/myna jpki_ap.go): name, sex, birth date, address
PERSONAL_NAMES = "1.2.392.200149.8.5.5"


def new_key() -> RSAPrivateKey:
    """Return a fresh RSA-2048 key, the only kind these cards use."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def key_to_pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _name(unit: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "TEST JPKI 架空 (fictitious)"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


@dataclass
class Authority:
    """The issuer's key and certificate, the serial numbers it gave out and has taken back, and its delegate."""

    folder: Path
    key: RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate = field(repr=False)
    delegate_key: RSAPrivateKey = field(repr=False)
    delegate: x509.Certificate = field(repr=False)
    revoked: dict[int, datetime] = field(default_factory=dict, repr=False)
    issued: set[int] = field(default_factory=set, repr=False)
    renewed: dict[int, int] = field(default_factory=dict, repr=False)

    def issue_auth(self, key: RSAPublicKey) -> x509.Certificate:
        """Certificate for authentication: says nothing about its holder."""
        subject = _name("TEST user authentication", secrets.token_hex(13).upper())
        return self._sign(self._draft(subject, key, sign_documents=False))

    def issue_sign(self, key: RSAPublicKey, holder: Persona) -> x509.Certificate:
        """Certificate for signatures: carries the four basic attributes as otherNames."""
        subject = _name("TEST digital signature", secrets.token_hex(13).upper())
        builder = self._draft(subject, key, sign_documents=True)
        return self._sign(builder.add_extension(_personal_names(holder), critical=False))

    def revoke(self, serials: Iterable[int]) -> None:
        """Take certificates back and publish the list."""
        self.revoked.update(dict.fromkeys(serials, now()))
        self.save()

    def sign(self, content: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 by the issuer's key: what vouches for the printed data as text."""
        return self.key.sign(content, PKCS1v15(), SHA256())

    def renew(self, fresh: int, old: int) -> None:
        """Say that one authentication certificate took the place of another; `save` publishes it."""
        self.renewed[fresh] = old

    def save(self) -> None:
        """Write the private record, the CA certificate and a fresh CRL."""
        record = {
            "key": key_to_pem(self.key),
            "certificate": to_pem(self.certificate).decode(),
            "delegate_key": key_to_pem(self.delegate_key),
            "delegate": to_pem(self.delegate).decode(),
            "renewed": {f"{fresh:x}": f"{old:x}" for fresh, old in self.renewed.items()},
            "issued": [f"{serial:x}" for serial in sorted(self.issued)],
            "revoked": {f"{serial:x}": moment.isoformat() for serial, moment in self.revoked.items()},
        }
        write_atomically(self.folder / FILE, json.dumps(record, indent=1).encode(), mode=0o600)
        write_atomically(self.folder / CA_FILE, to_pem(self.certificate))
        write_atomically(self.folder / CRL_FILE, self.crl().public_bytes(Encoding.PEM))
        write_atomically(self.folder / RENEWALS_FILE, self._renewals().encode())

    def _renewals(self) -> str:
        """What took the place of what, as the portal reads it: a JWS (RFC 7515) over {"renewed": {new: old}}."""
        content = {"renewed": {f"{fresh:x}": f"{old:x}" for fresh, old in self.renewed.items()}}
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "RS256"}, content))
        return f"{signed}.{_base64url(self.key.sign(signed.encode(), PKCS1v15(), SHA256()))}\n"

    def crl(self) -> x509.CertificateRevocationList:
        """Return the list of revoked certificates as of now."""
        today = now()
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(today - CLOCK_SLACK).next_update(today + CRL_LIFE)
        for serial, moment in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment).build()
            builder = builder.add_revoked_certificate(entry)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return (
            builder.add_extension(issuer, critical=False)
            .add_extension(x509.CRLNumber(int(today.timestamp())), critical=False)
            .sign(self.key, SHA256())
        )

    def _draft(self, subject: x509.Name, key: RSAPublicKey, *, sign_documents: bool) -> x509.CertificateBuilder:
        issuer = self.certificate.subject
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return (
            _certificate(subject, issuer, key, life=CARD_LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(documents=sign_documents), critical=True)
            .add_extension(issuer_key, critical=False)
        )

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        certificate = builder.sign(self.key, SHA256())
        self.issued.add(certificate.serial_number)
        return certificate


def open_authority(folder: Path) -> Authority:
    """Load the authority of a folder, or found it there; its CRL is fresh afterwards."""
    path = folder / FILE
    authority = read_authority(folder) if path.exists() else _found(folder)
    authority.save()
    return authority


def read_authority(folder: Path) -> Authority:
    """Load the authority of a folder and write nothing."""
    record = json.loads((folder / FILE).read_text("utf-8"))
    revoked = {int(serial, 16): datetime.fromisoformat(moment) for serial, moment in record["revoked"].items()}
    key, certificate = _key(record["key"]), _certificate_of(record["certificate"])
    if "delegate" not in record:  # a folder from before there was one
        issued = {_certificate_of(file.read_text()).serial_number for file in folder.glob("*/*.pem")}
        return Authority(folder, key, certificate, *_appoint(key, certificate), revoked, issued)
    issued = {int(serial, 16) for serial in record["issued"]}
    delegate = _certificate_of(record["delegate"])
    renewed = {int(fresh, 16): int(old, 16) for fresh, old in record.get("renewed", {}).items()}
    return Authority(folder, key, certificate, _key(record["delegate_key"]), delegate, revoked, issued, renewed)


def _certificate_of(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def _key(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("an authority's key is an RSA key")
    return key


def _found(folder: Path) -> Authority:
    key = new_key()
    name = _name("TEST certification authority", "TEST CA 架空 " + secrets.token_hex(4).upper())
    builder = _certificate(name, name, key.public_key(), life=CA_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(certificates=True), critical=True)
    certificate = builder.sign(key, SHA256())
    return Authority(folder, key, certificate, *_appoint(key, certificate))


def _appoint(issuer_key: RSAPrivateKey, issuer: x509.Certificate) -> tuple[RSAPrivateKey, x509.Certificate]:
    """Make the key and certificate the OCSP responder signs with."""
    key = new_key()
    builder = _certificate(_name("TEST OCSP", "TEST OCSP 架空"), issuer.subject, key.public_key(), life=CA_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return key, builder.sign(issuer_key, SHA256())


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: RSAPublicKey, *, life: timedelta
) -> x509.CertificateBuilder:
    today = now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - BACKDATE)
        .not_valid_after(today + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, documents: bool = False, certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=documents,
        key_cert_sign=certificates,
        crl_sign=certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _personal_names(holder: Persona) -> x509.SubjectAlternativeName:
    values = {
        1: holder.name,
        3: holder.sex,
        4: holder.birth_date.strftime("%Y%m%d"),
        5: holder.address,
    }
    return x509.SubjectAlternativeName(
        [
            x509.OtherName(x509.ObjectIdentifier(f"{PERSONAL_NAMES}.{number}"), _utf8_string(value))
            for number, value in values.items()
        ]
    )


def _utf8_string(value: str) -> bytes:
    return tlv.encode(0x0C, value.encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def to_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
