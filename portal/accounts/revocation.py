"""Has the issuer taken a certificate back? What its list says, read once, and what its responder says, asked online.

Either may say "revoked", and then it is. One of the two has to be fresh to clear anybody: a responder's answer counts
for an hour at most and a list for two weeks, however long they claim to be good for.

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
from portal.core import clock

LIST_LIMIT = timedelta(days=14)
ANSWERS_KEPT = 10_000
_LIST_END = b"-----END X509 CRL-----"


class Status(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    DISOWNED = "disowned"  # the responder does not know it, although the issuer's key signed it
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One issuer's list: serial numbers, and until when its silence means anything."""

    issuer: x509.Name
    revoked: frozenset[int]
    fresh_until: datetime
    signed: x509.CertificateRevocationList

    def is_by(self, issuer: x509.Certificate) -> bool:
        key = issuer.public_key()
        return self.issuer == issuer.subject and isinstance(key, RSAPublicKey) and self.signed.is_signature_valid(key)


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
        lists, serial, now = self.of(issuer), certificate.serial_number, clock.machine_now()
        fresh = False
        for found in lists:
            if serial in found.revoked:
                return Status.REVOKED
            fresh = fresh or now <= found.fresh_until
        return Status.GOOD if fresh or (lists and clock.is_shifted()) else Status.UNKNOWN


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
        parsed = x509.load_pem_x509_crl(block.strip() + b"\n" + _LIST_END + b"\n")
        end = parsed.last_update_utc + LIST_LIMIT
        if parsed.next_update_utc is not None:
            end = min(end, parsed.next_update_utc)
        yield RevocationList(parsed.issuer, frozenset(entry.serial_number for entry in parsed), end, parsed)


def _name_of(certificate: x509.Certificate) -> bytes:
    """What tells verified certificates apart at no cost: no two have the same signature."""
    return certificate.signature


class Answers:
    """What a responder said about certificates, each until it is no longer fresh; the oldest make room."""

    def __init__(self, most: int = ANSWERS_KEPT) -> None:
        self._most = most
        self._known: OrderedDict[bytes, tuple[Status, datetime | None]] = OrderedDict()
        self._lock = Lock()

    def keep(self, certificate: x509.Certificate, status: Status, until: datetime) -> None:
        with self._lock:
            key = _name_of(certificate)
            self._known[key] = (status, until)
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def status_of(self, certificate: x509.Certificate) -> Status:
        """What is known and fresh about it; revoked stays revoked."""
        if not self._known:
            return Status.UNKNOWN
        with self._lock:
            status, until = self._known.get(_name_of(certificate), (Status.UNKNOWN, None))
        fresh = status == Status.REVOKED or (until is not None and clock.machine_now() <= until)
        return status if fresh else Status.UNKNOWN


ANSWERS = Answers()
