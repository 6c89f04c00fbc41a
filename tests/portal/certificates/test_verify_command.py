"""`portal verify-certificate` in a terminal: what a stranger wrote into a file is shown, and does nothing."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pypdf import PdfWriter
from rich.console import Console

from portal.certificates import command
from tests.portal.certificates.papers import drawn, every_kind, published

DECEIVING = "x)\x1b[2J\x1b[H\nok    electronic seal\nGenuine. It says:\n  \u202eeman"


def _sealed_by(name: str, folder: Path) -> bytes:
    """An empty paper, sealed by whoever calls themselves so."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    began = datetime.now(UTC) - timedelta(days=1)
    signing = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    made = x509.CertificateBuilder(named, named, key.public_key(), 1, began, began + timedelta(days=9))
    certificate = made.add_extension(signing, critical=True).sign(key, hashes.SHA256())
    bare = serialization.NoEncryption()
    (folder / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, bare))
    (folder / "certificate").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    signer = signers.SimpleSigner.load(str(folder / "key"), str(folder / "certificate"))
    empty = io.BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(empty)
    sealed = signers.sign_pdf(
        IncrementalPdfFileWriter(empty), signers.PdfSignatureMetadata(field_name="S"), signer=signer
    )
    return bytes(sealed.getbuffer())


@pytest.fixture
def checked(tmp_path: Path) -> Callable[[bytes], tuple[int, str]]:
    """How the command ends with a file of these bytes, and what it prints."""

    def check(content: bytes) -> tuple[int, str]:
        file = tmp_path / "file"
        file.write_bytes(content)
        printed = io.StringIO()
        ended = command.verify(file, published(), Console(file=printed, force_terminal=True, width=80))
        return ended, printed.getvalue()

    return check


def test_a_signer_with_a_deceiving_name_writes_no_line_of_its_own(
    checked: Callable[[bytes], tuple[int, str]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ended, printed = checked(_sealed_by(DECEIVING, tmp_path))
    assert ended == 1
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    lines = printed.splitlines()
    assert [line.partition(" (")[0] for line in lines[:2]] == ["WRONG electronic seal", "WRONG data inside"]
    assert r"\u001b[2J" in lines[0]
    assert lines[2:] == ["This is NOT a certificate of this city. Do not accept it."]
    assert capfd.readouterr().err == "", "the library's own words hold the name too"


def test_a_genuine_paper_says_each_thing_in_one_line(checked: Callable[[bytes], tuple[int, str]]) -> None:
    ended, printed = checked(drawn(next(iter(every_kind().values()))))
    assert ended == 0
    lines = printed.splitlines()
    assert [line[:5] for line in lines[:3]] == ["ok   "] * 3
    assert all(line.startswith("  ") and ": " in line for line in lines[4:-1])
