"""`portal hold`, `disclosure`, `exports`: what operators do with cases from the command line.

`portal verify-signature` says what a card signed. What it saves can be checked without this program: `openssl verify
-CAfile issuer.pem certificate.pem`, `openssl x509 -in certificate.pem -pubkey -noout > key.pem`, then `openssl dgst
-sha256 -verify key.pem -signature signature.bin content.json`.
"""

from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.orm import Session

from portal.applications import service
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.devices import service as devices


def hold(session: Session, reference: str, *, because: str, lift: bool) -> None:
    """Hold a case's contents, or lift the hold; what is wrong is said in one line."""
    if lift == bool(because):
        raise click.UsageError("say either --because or --lift")
    try:
        if lift:
            service.lift_hold(session, reference)
        else:
            service.hold(session, reference, because)
    except (Refusal, TextRefused) as refused:
        raise click.ClickException(str(getattr(refused, "message", refused))) from None


def disclose(session: Session, reference: str) -> dict[str, Any]:
    """Everything kept about a case; what is wrong is said in one line."""
    try:
        return service.disclosure_of(session, reference)
    except (Refusal, TextRefused) as refused:
        raise click.ClickException(str(getattr(refused, "message", refused))) from None


def allow_export(session: Session, client_id: str, procedure: str) -> int:
    """Let a machine receive a procedure; returns how many cases follow at once."""
    try:
        return service.allow_export(session, devices.known(session, client_id).id, procedure)
    except Refusal as refused:
        raise click.ClickException(f"{refused.message} {refused.next_step}") from None


def stop_export(session: Session, client_id: str, procedure: str) -> None:
    """A machine receives a procedure no longer."""
    try:
        service.stop_export(session, devices.known(session, client_id).id, procedure)
    except Refusal as refused:
        raise click.ClickException(f"{refused.message} {refused.next_step}") from None


def verify_signature(session: Session, reference: str, ca_file: Path, folder: Path | None) -> bool:
    """Say whether the signature holds, and save it where asked."""
    try:
        checked = service.verify_signature(session, reference, ca_file)
    except (Refusal, TextRefused) as refused:
        raise click.ClickException(str(getattr(refused, "message", refused))) from None
    evidence = checked.evidence
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "content.json").write_bytes(checked.content)
        (folder / "signature.bin").write_bytes(evidence.signature)
        (folder / "status.der").write_bytes(evidence.status_answer)
        for name, der in (("certificate.pem", evidence.certificate), ("issuer.pem", evidence.issuer)):
            (folder / name).write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    for fault in checked.faults:
        click.echo(fault, err=True)
    click.echo(f"Signed by card, checked at {evidence.checked_at:%Y-%m-%d %H:%M} UTC: {len(checked.faults)} faults.")
    return not checked.faults
