"""Asking the issuer's responder about a certificate (OCSP, RFC 6960), before the transaction that needs to know.

A network call never happens inside a transaction: a page asks first, the check then finds the kept answer. A responder
that does not answer in time is left alone for half a minute; the list of revoked certificates counts meanwhile.
"""

import base64
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from portal.accounts import certificates, revocation
from portal.accounts.revocation import ANSWERS, CLOCK_SLACK, Answers, Status
from portal.config import Settings
from portal.core import clock, journal, outbound
from portal.core.errors import Refusal
from portal.core.outbound import Call, Limits

log = journal.get_logger("accounts")

ANSWER_LIMIT = timedelta(hours=1)  # how long "good" counts at most, whatever the responder says
WAITING_SECONDS = 2.0
LONGEST_ANSWER = 32_768
REST = timedelta(seconds=30)
_STATUS = {
    ocsp.OCSPCertStatus.GOOD: Status.GOOD,
    ocsp.OCSPCertStatus.REVOKED: Status.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: Status.DISOWNED,
}


class Unreliable(Exception):
    """The answer proves nothing: not about this certificate, not signed by who may, not fresh."""


class Responder:
    """One responder's address. `ask` is what pages call; it raises nothing."""

    def __init__(self, url: str, answers: Answers = ANSWERS, *, patience: float = WAITING_SECONDS) -> None:
        self._url = url
        self._patience = patience
        self._answers = answers
        self._rests_until: datetime | None = None
        self._lock = Lock()

    def ask(self, certificate_der: bytes, ca_file: Path) -> None:
        """Learn whether a certificate of an authority we trust is still good, unless that is known already."""
        try:
            certificate, issuer = certificates.with_issuer(certificate_der, ca_file)
        except Refusal:
            return  # the check says why
        if self._answers.status_of(certificate) != Status.UNKNOWN or self._rests():
            return
        try:
            content = self._fetch(certificate, issuer)
            status, until = verify(content, certificate, issuer, list_file=ca_file.with_name("crl.pem"))
        except Exception as fault:  # the network, HTTP, or an answer that proves nothing
            log.warning("card.status_unknown", error=type(fault).__name__, reason=str(fault)[:80])
            self._rest()
            return
        self._answers.keep(certificate, status, until, content)

    def _fetch(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
        # SHA-1 names the issuer here and protects nothing; many responders know no other (RFC 5019 section 2.1.1).
        builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
        asked = builder.build().public_bytes(Encoding.DER)
        limits = Limits(step=self._patience, whole=2 * self._patience, longest=LONGEST_ANSWER)
        headers = {"Content-Type": "application/ocsp-request"}
        heard = outbound.ask(Call("POST", self._url, headers, content=asked), limits)
        if not heard.is_good:
            raise Unreliable(f"status {heard.status}")
        return heard.content

    def _rests(self) -> bool:
        with self._lock:
            return self._rests_until is not None and clock.machine_now() < self._rests_until

    def _rest(self) -> None:
        with self._lock:
            self._rests_until = clock.machine_now() + REST


def verify(
    content: bytes,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    *,
    list_file: Path,
    at: datetime | None = None,
) -> tuple[Status, datetime]:
    """What an answer says about a certificate and until when that counts, now or *at* the time it was kept; raises
    Unreliable (RFC 6960 section 3.2). *list_file*: the issuer's list, which may have taken a delegate back."""
    now = at or clock.machine_now()
    try:
        answer = ocsp.load_der_ocsp_response(content)
        if answer.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Unreliable(f"responder says {answer.response_status.name}")
        _check_subject(answer, certificate, issuer)
        _check_signature(answer, issuer, now, list_file)
        return _STATUS[answer.certificate_status], _fresh_until(answer, now)
    except Unreliable:
        raise
    except Exception as fault:  # whoever answers may send anything; the parser raises more than ValueError
        raise Unreliable(type(fault).__name__) from None


def said_at(content: bytes) -> datetime:
    """When a kept answer was given, by the responder's clock: a demo city that lives on another day has no better."""
    try:
        return ocsp.load_der_ocsp_response(content).this_update_utc
    except Exception as fault:
        raise Unreliable(type(fault).__name__) from None


def _check_subject(answer: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    said = (answer.serial_number, answer.issuer_name_hash, answer.issuer_key_hash)
    if said != (certificate.serial_number, *_hashes_of(issuer)):
        raise Unreliable("about another certificate")


@lru_cache(maxsize=16)
def _hashes_of(issuer: x509.Certificate) -> tuple[bytes, bytes]:
    """How a request names an issuer: hashes of its name and of its key (RFC 6960 section 4.1.1)."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, hashes.SHA1())  # noqa: S303
    named = builder.build()
    return named.issuer_name_hash, named.issuer_key_hash


def _check_signature(answer: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime, list_file: Path) -> None:
    """By the issuer itself, or by a delegate the issuer certified for this (RFC 6960 section 4.2.2.2)."""
    signer = issuer
    if answer.certificates:
        signer = answer.certificates[0]
        if signer != issuer:
            _check_delegate(signer, issuer, now, list_file)
    key, algorithm = signer.public_key(), answer.signature_hash_algorithm
    if not isinstance(key, RSAPublicKey) or not isinstance(algorithm, hashes.SHA256 | hashes.SHA384 | hashes.SHA512):
        raise Unreliable("signed with something weak")
    key.verify(answer.signature, answer.tbs_response_bytes, PKCS1v15(), algorithm)


def _check_delegate(delegate: x509.Certificate, issuer: x509.Certificate, now: datetime, list_file: Path) -> None:
    """In force, made for this, and not taken back: unless its issuer said that nobody need ask (section 4.2.2.2.1)."""
    delegate.verify_directly_issued_by(issuer)
    if not delegate.not_valid_before_utc <= now <= delegate.not_valid_after_utc:
        raise Unreliable("the delegate's certificate is not in force")
    purposes = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if ExtendedKeyUsageOID.OCSP_SIGNING not in purposes:
        raise Unreliable("the signer is no delegate")
    if not certificates.is_understood(delegate):
        raise Unreliable("the delegate's certificate says something critical that is not known here")
    if any(isinstance(one.value, x509.OCSPNoCheck) for one in delegate.extensions):
        return
    since = revocation.revoked_at(delegate, issuer, list_file)
    if since is not None and since <= now:
        raise Unreliable("the delegate was taken back")


def _fresh_until(answer: ocsp.OCSPResponse, now: datetime) -> datetime:
    said_at, next_at = answer.this_update_utc, answer.next_update_utc
    until = said_at + ANSWER_LIMIT
    if next_at is not None:
        until = min(until, next_at)
    if said_at > now + CLOCK_SLACK or until < now:
        raise Unreliable("not of now")
    return until


_responders: dict[str, Responder] = {}


def ask_about(certificate: str, settings: Settings) -> None:
    """Ask the city's responder, if it has one, about a certificate (DER in base64); call it before a transaction."""
    if not settings.card_ocsp_url:
        return
    try:
        der = base64.b64decode(certificate, validate=True)
    except ValueError:
        return  # the page says so
    _responders.setdefault(settings.card_ocsp_url, Responder(settings.card_ocsp_url)).ask(der, settings.card_ca)
