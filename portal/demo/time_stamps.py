"""A time-stamping authority for demo and tests (RFC 3161): `python -m portal.demo.time_stamps --port 8150`.

OpenSSL makes the stamps, with a key that is made at the start and gone at the end. It says the time of this machine, and
nobody need believe it. To try it: PORTAL_TIME_STAMP_URL=http://127.0.0.1:8150/ before `make run`.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
LARGEST = 10_000  # bytes
COMMAND = "openssl ts -reply -config authority.cnf -section authority -queryfile {} -out {}"
CONFIGURATION = """[authority]
serial = serial
signer_cert = signer.pem
signer_key = signer.key
certs = signer.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.32473.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class Authority(ThreadingHTTPServer):
    """The authority on this machine. Port 0 takes a free one; `refuses` plays one that is out of order."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, folder: Path) -> None:
        super().__init__(("127.0.0.1", port), _Web)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.refuses = False
        self._folder, self._lock, self._count = folder, threading.Lock(), 0
        (folder / "authority.cnf").write_text(CONFIGURATION)
        (folder / "serial").write_text("01\n")
        self.certificate = _make(folder)

    def stamp(self, query: bytes) -> bytes:
        """What OpenSSL answers: a stamp, or in words why there is none."""
        with self._lock:
            self._count += 1
            query_file, reply_file = (self._folder / f"{self._count}.{end}" for end in ("query", "reply"))
            query_file.write_bytes(query)
            command = COMMAND.format(query_file.name, reply_file.name).split()
            subprocess.run(command, cwd=self._folder, capture_output=True, check=False)
            answer = reply_file.read_bytes() if reply_file.exists() else b""
            for file in (query_file, reply_file):
                file.unlink(missing_ok=True)
        return answer


def _make(folder: Path) -> bytes:
    """A key, and a certificate that is its own root; the certificate as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "架空の時刻認証局")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    (folder / "signer.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "signer.pem").write_bytes(certificate)
    return certificate


class _Web(BaseHTTPRequestHandler):
    server: Authority

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0") or "0")
        fits = self.headers.get("Content-Type") == QUERY and 0 < length <= LARGEST
        answer = self.server.stamp(self.rfile.read(length)) if fits and not self.server.refuses else b""
        self.send_response(200 if answer else 503)
        self.send_header("Content-Type", REPLY if answer else "text/plain")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_words: Any) -> None:
        """Nothing: who has what stamped is nobody's log."""


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m portal.demo.time_stamps", description=__doc__)
    parser.add_argument("--port", type=int, default=8150)
    port = parser.parse_args().port
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(port, Path(folder))
        print(f"Time stamps: PORTAL_TIME_STAMP_URL={authority.url}", flush=True)
        authority.serve_forever()


if __name__ == "__main__":
    main()
