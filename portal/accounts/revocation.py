"""Has the issuer taken a certificate back? What its list says, read once, and what its responder says, asked online.

Either may say "revoked", and then it is. One of the two has to be fresh to clear anybody: a responder's answer counts
for an hour at most and a list for two weeks, however long they claim to be good for.

A list that says of itself that it is not the whole truth (a part, a delta, some reasons only: a critical extension, RFC 5280
section 5.2) still revokes, and clears nobody. One that cannot be read is none.

Freshness is measured by the machine's clock: lists and answers come from the real world, also when the demo city lives
on another day.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from portal.accounts import rules
from portal.core import clock, journal

log = journal.get_logger("accounts")

LIST_LIMIT = timedelta(days=14)
CLOCK_SLACK = timedelta(minutes=5)
ANSWERS_KEPT = 10_000
_LIST_END = b"-----END X509 CRL-----"


class Status(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    DISOWNED = "disowned"  # the responder does not know it, although the issuer's key signed it
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One issuer's list: serial numbers, and between when its silence means anything, if it names all there are."""

    issuer: x509.Name
    revoked: frozenset[int]
    fresh_from: datetime
    fresh_until: datetime
    is_complete: bool
    signed: x509.CertificateRevocationList

    def is_by(self, issuer: x509.Certificate) -> bool:
        """Whether this authority signed it, and may sign lists (RFC 5280 section 6.3.3 f)."""
        key = issuer.public_key()
        if self.issuer != issuer.subject or not isinstance(key, RSAPublicKey) or not _signs_lists(issuer):
            return False
        return self.signed.is_signature_valid(key)


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a file as it was at `stamp`; `checked` remembers whose signatures were verified on them."""

    stamp: tuple[int, int]
    lists: tuple[RevocationList, ...]
    checked: dict[bytes, tuple[RevocationList, ...]]

    def of(self, issuer: x509.Certificate) -> tuple[RevocationList, ...]:
        """Those this issuer signed. 30 ms for a list of 100,000, so once an issuer and file."""
        key = _name_of(issuer)
        if key not in self.checked:
            self.checked[key] = tuple(found for found in self.lists if found.is_by(issuer))
        return self.checked[key]

    def status_of(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Status:
        """What the lists of its issuer say about a certificate."""
        serial, now = certificate.serial_number, clock.machine_now()
        whole = fresh = False
        for found in self.of(issuer):
            if serial in found.revoked:
                return Status.REVOKED
            if found.is_complete:
                whole = True
                fresh = fresh or found.fresh_from <= now <= found.fresh_until
        return Status.GOOD if fresh or (whole and clock.is_shifted()) else Status.UNKNOWN


_files: dict[Path, Lists] = {}


def check(certificate: x509.Certificate, issuer: x509.Certificate, list_file: Path) -> None:
    """Return if the certificate is known to be good now; raises CertificateRevoked, RevocationUnknown."""
    listed, said = _by_list(certificate, issuer, list_file), ANSWERS.status_of(certificate)
    if Status.REVOKED in (listed, said):
        raise rules.CertificateRevoked
    if Status.GOOD not in (listed, said) or said == Status.DISOWNED:
        raise rules.RevocationUnknown


def _by_list(certificate: x509.Certificate, issuer: x509.Certificate, list_file: Path) -> Status:
    """Revoked is revoked even by an old list; an outdated list alone clears nobody.

    A demo city that lives on another day may have been prepared weeks ago: there an old list must do.
    """
    return read(list_file).status_of(certificate, issuer)


def revoked_at(certificate: x509.Certificate, issuer: x509.Certificate, list_file: Path) -> datetime | None:
    """Since when the issuer's list says that a certificate was taken back; None if it does not say so."""
    for found in read(list_file).of(issuer):
        if entry := found.signed.get_revoked_certificate_by_serial_number(certificate.serial_number):
            return entry.revocation_date_utc
    return None


def read(file: Path) -> Lists:
    """The lists in a PEM file, parsed again only when its time or size changed; none when there is no file."""
    try:
        stat = file.stat()
    except FileNotFoundError:
        return Lists((0, 0), (), {})
    stamp = (stat.st_mtime_ns, stat.st_size)
    known = _files.get(file)
    if known is None or known.stamp != stamp:
        known = _files[file] = Lists(stamp, tuple(_parse(file.read_bytes())), {})
    return known


def _parse(content: bytes) -> Iterator[RevocationList]:
    for block in content.split(_LIST_END)[:-1]:
        try:
            yield _list(x509.load_pem_x509_crl(block.strip() + b"\n" + _LIST_END + b"\n"))
        except Exception as fault:  # half written, or somebody else's file; the parser raises more than ValueError
            log.error("card.list_unreadable", error=type(fault).__name__)


def _list(parsed: x509.CertificateRevocationList) -> RevocationList:
    end = parsed.last_update_utc + LIST_LIMIT
    if parsed.next_update_utc is not None:
        end = min(end, parsed.next_update_utc)
    whole = not any(one.critical for one in parsed.extensions)
    serials = frozenset(entry.serial_number for entry in parsed if whole or _is_taken_back(entry))
    return RevocationList(parsed.issuer, serials, parsed.last_update_utc - CLOCK_SLACK, end, whole, parsed)


def _is_taken_back(entry: x509.RevokedCertificate) -> bool:
    """Not an entry that gives a certificate back (in a delta) or speaks of another issuer's (in an indirect list)."""
    said = {type(one.value): one.value for one in entry.extensions}
    reason = said.get(x509.CRLReason)
    given_back = isinstance(reason, x509.CRLReason) and reason.reason is x509.ReasonFlags.remove_from_crl
    return not given_back and x509.CertificateIssuer not in said


def _signs_lists(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except (x509.ExtensionNotFound, ValueError):
        return False


def _name_of(certificate: x509.Certificate) -> bytes:
    """What tells verified certificates apart at no cost: no two have the same signature."""
    return certificate.signature


class Answers:
    """What a responder said about certificates, each until it is no longer fresh; the oldest make room."""

    def __init__(self, most: int = ANSWERS_KEPT) -> None:
        self._most = most
        self._known: OrderedDict[bytes, tuple[Status, datetime | None, bytes]] = OrderedDict()
        self._lock = Lock()

    def keep(self, certificate: x509.Certificate, status: Status, until: datetime, content: bytes = b"") -> None:
        """Remember an answer; `content` is its DER, kept with what the certificate signs."""
        with self._lock:
            key = _name_of(certificate)
            self._known[key] = (status, until, content)
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def status_of(self, certificate: x509.Certificate) -> Status:
        """What is known and fresh about it; revoked stays revoked."""
        if not self._known:
            return Status.UNKNOWN
        with self._lock:
            status, until, _ = self._known.get(_name_of(certificate), (Status.UNKNOWN, None, b""))
        fresh = status == Status.REVOKED or (until is not None and clock.machine_now() <= until)
        return status if fresh else Status.UNKNOWN

    def content_about(self, certificate: x509.Certificate) -> bytes:
        """The DER of the answer that clears a certificate now; empty when there is none."""
        if self.status_of(certificate) is not Status.GOOD:
            return b""
        with self._lock:
            return self._known.get(_name_of(certificate), (Status.UNKNOWN, None, b""))[2]


ANSWERS = Answers()
