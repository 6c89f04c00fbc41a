"""The OCSP responder of the test authority (RFC 6960): whether a certificate of its is still good, as of this second."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from card_reader.simulator.authority import CLOCK_SLACK, FILE, Authority, now, read_authority

ANSWER_LIFE = timedelta(minutes=30)
KNOWN_HASHES = (hashes.SHA1, hashes.SHA256)


class Responder:
    """Answers for the authority of a folder; what another program revoked there counts at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: tuple[int, int] | None = None
        self._known: Authority | None = None

    def answer(self, asked: bytes) -> bytes:
        """Return the DER of the answer to a request's DER; what is no request gets "malformed", never an exception."""
        try:
            request = ocsp.load_der_ocsp_request(asked)
            algorithm = request.hash_algorithm
        except Exception:  # whatever the parser raises for what a stranger sends
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        authority = self._authority()
        if not isinstance(algorithm, KNOWN_HASHES) or not _is_of(request, authority):
            return _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        return self._signed(request, authority).public_bytes(Encoding.DER)

    def crl(self) -> bytes:
        """The list of revoked certificates as of now, DER."""
        return self._authority().crl().public_bytes(Encoding.DER)

    def _signed(self, request: ocsp.OCSPRequest, authority: Authority) -> ocsp.OCSPResponse:
        serial, moment = request.serial_number, now()
        revoked_at = authority.revoked.get(serial)
        status = ocsp.OCSPCertStatus.GOOD if serial in authority.issued else ocsp.OCSPCertStatus.UNKNOWN
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=request.issuer_name_hash,
            issuer_key_hash=request.issuer_key_hash,
            serial_number=serial,
            algorithm=request.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked_at else status,
            this_update=moment - CLOCK_SLACK,
            next_update=moment + ANSWER_LIFE,
            revocation_time=revoked_at,
            revocation_reason=None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, authority.delegate)
        for extension in request.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, critical=False)
        return builder.certificates([authority.delegate]).sign(authority.delegate_key, hashes.SHA256())

    def _authority(self) -> Authority:
        stat = (self._folder / FILE).stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if self._known is None or stamp != self._stamp:
            self._known, self._stamp = read_authority(self._folder), stamp
        return self._known


def _is_of(request: ocsp.OCSPRequest, authority: Authority) -> bool:
    """Whether the request names our issuer: hashes of its name and of its key (RFC 6960 section 4.1.1)."""
    issuer, name = authority.certificate, request.hash_algorithm.name
    bits = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    subject, key = (hashlib.new(name, part).digest() for part in (issuer.subject.public_bytes(), bits))
    return request.issuer_name_hash == subject and request.issuer_key_hash == key


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
