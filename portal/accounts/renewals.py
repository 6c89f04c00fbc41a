"""Which certificate took the place of which: what lets a card stay bound to its resident when it is renewed.

A certificate lives five years and its successor has another serial number, so a bond to the serial alone breaks then.
The authority tells its customers old and new serials; here as renewals.jws beside its certificate: one JWS a line
(RFC 7515, RS256, signed with the authority's key) whose payload is {"renewed": {new serial: old serial}}, in hex.
"""

import json
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FILE = "renewals.jws"
LONGEST_CHAIN = 10  # fifty years of cards; a longer one is a mistake or a ring
_read: dict[tuple[Path, bytes], tuple[tuple[int, int], dict[str, str]]] = {}


def predecessors(certificate: x509.Certificate, issuer: x509.Certificate, ca_file: Path) -> list[str]:
    """The serial numbers (hex) this certificate's holder had before, the latest first."""
    renewed = _said_by(issuer, ca_file.with_name(FILE))
    serial, found = f"{certificate.serial_number:x}", list[str]()
    while serial in renewed and len(found) < LONGEST_CHAIN:
        serial = renewed[serial]
        found.append(serial)
    return found


def _said_by(issuer: x509.Certificate, file: Path) -> dict[str, str]:
    """What one authority said, verified again only when the file's time or size changed; nothing without a file."""
    try:
        stat = file.stat()
    except FileNotFoundError:
        return {}
    stamp, place = (stat.st_mtime_ns, stat.st_size), (file, issuer.fingerprint(SHA256()))
    known = _read.get(place)
    if known is None or known[0] != stamp:
        said: dict[str, str] = {}
        for line in file.read_text("ascii", "replace").splitlines():
            said |= _verified(line, issuer)
        known = _read[place] = (stamp, said)
    return known[1]


def _verified(line: str, issuer: x509.Certificate) -> dict[str, str]:
    """The pairs of one line, nothing if it is not by this authority."""
    from joserfc import jws  # here: the worker, which sees no cards, need not carry them
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    key = issuer.public_key()
    if not isinstance(key, RSAPublicKey):
        return {}
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        content = json.loads(jws.deserialize_compact(line, RSAKey.import_key(pem), algorithms=["RS256"]).payload)
        return {str(new).lower(): str(old).lower() for new, old in content["renewed"].items()}
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return {}
