"""A certificate authority made for one test: issues, revokes, and signs as a card would."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc import jws
from joserfc.jwk import RSAKey

from portal.core import clock


def new_key(bits: int = 2048) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=bits)


def usage(**allowed: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    names += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


@dataclass(eq=False)
class Card:
    """What a card holds of use here: its certificate and a key that signs."""

    key: RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def sign(self, challenge: bytes) -> bytes:
        return self.key.sign(challenge, PKCS1v15(), SHA256())


@dataclass
class Authority:
    """An issuer named *name*; `publish` writes ca.pem and crl.pem."""

    name: str
    key: RSAPrivateKey = field(default_factory=new_key, repr=False)
    revoked: list[int] = field(default_factory=list)
    is_authority: bool = True

    def __post_init__(self) -> None:
        allowed = usage(key_cert_sign=True, crl_sign=True) if self.is_authority else usage(digital_signature=True)
        end = clock.now() + timedelta(days=3650)
        self.certificate = self.issue(self.name, self.key, allowed, ca=self.is_authority, end=end).certificate

    def issue(
        self,
        subject: str,
        key: RSAPrivateKey,
        allowed: x509.KeyUsage | None = None,
        *,
        ca: bool = False,
        purposes: tuple[x509.ObjectIdentifier, ...] = (),
        start: datetime | None = None,
        end: datetime | None = None,
        critical: tuple[x509.ExtensionType, ...] = (),
    ) -> Card:
        now = clock.now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self._named(subject))
            .issuer_name(self._named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start or now - timedelta(days=1))
            .not_valid_after(end or now + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(allowed or usage(digital_signature=True), critical=True)
        )
        if purposes:
            certificate = certificate.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        for one in critical:
            certificate = certificate.add_extension(one, critical=True)
        return Card(key, certificate.sign(self.key, SHA256()))

    def delegate(self, key: RSAPrivateKey, *, start: datetime | None = None, end: datetime | None = None) -> Card:
        """Somebody who may answer for this authority."""
        return self.issue("delegate", key, purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,), start=start, end=end)

    def publish(self, folder: Path, *others: "Authority", crl_days: int = 7) -> Path:
        """Write the certificates of this authority and *others* and this one's CRL; returns the path of ca.pem."""
        pem = b"".join(one.certificate.public_bytes(Encoding.PEM) for one in (*others, self))
        (folder / "ca.pem").write_bytes(pem)
        (folder / "crl.pem").write_bytes(self.crl(crl_days).public_bytes(Encoding.PEM))
        return folder / "ca.pem"

    def crl(self, days: int, *critical: x509.ExtensionType, since: int = -8) -> x509.CertificateRevocationList:
        """A list from *since* to *days* from now."""
        now = clock.now()
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._named(self.name))
        builder = builder.last_update(now + timedelta(days=since)).next_update(now + timedelta(days=days))
        for serial in self.revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
            builder = builder.add_revoked_certificate(entry)
        for one in critical:
            builder = builder.add_extension(one, critical=True)
        return builder.sign(self.key, SHA256())

    def renewals(self, pairs: dict[str, str]) -> str:
        """A signed statement which serial number took the place of which."""
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        payload = json.dumps({"renewed": pairs}).encode()
        return jws.serialize_compact({"alg": "RS256"}, payload, RSAKey.import_key(pem)) + "\n"

    def says(
        self,
        card: Card,
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        *,
        at: datetime | None = None,
        until: datetime | None = None,
        signer: Card | None = None,
        about: "Authority | None" = None,
    ) -> bytes:
        """The DER of an OCSP answer about *card*, signed by this authority or by *signer* in its name."""
        now = clock.machine_now()
        revoked = status == ocsp.OCSPCertStatus.REVOKED
        issuer, key = (signer.certificate, signer.key) if signer else (self.certificate, self.key)
        builder = ocsp.OCSPResponseBuilder().add_response(
            card.certificate,
            (about or self).certificate,
            SHA1(),
            status,
            at or now,
            until,
            now if revoked else None,
            None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
        if signer:
            builder = builder.certificates([signer.certificate])
        return builder.sign(key, SHA256()).public_bytes(Encoding.DER)

    @staticmethod
    def _named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
