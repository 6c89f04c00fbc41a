"""The bond between a card's certificate and a resident: made once by staff who see both, asked at every kiosk."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.x509 import Certificate
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import certificates, renewals, rules
from portal.accounts.models import CardEnrolment
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import ResidentId, new_id


def person_by_card(
    session: Session, certificate_der: bytes, signature: bytes, challenge: bytes, ca_file: Path
) -> ResidentId:
    """Whose card signed *challenge* (take it with use_challenge first).

    Raises certificate-untrusted, certificate-expired, certificate-revoked, revocation-unknown, signature-wrong or
    card-unknown, in this order: who cannot sign learns nothing about who is registered.
    """
    trusted = certificates.check(certificate_der, ca_file)
    certificates.check_signature(trusted, signature, challenge)
    enrolment = _valid(session, trusted) or _carry_over(session, trusted, ca_file)
    if enrolment is None or enrolment.fingerprint != _fingerprint(trusted):
        raise rules.CardUnknown
    return ResidentId(enrolment.resident_id)


def enrol_card(session: Session, resident_id: ResidentId, certificate_der: bytes, ca_file: Path) -> CardEnrolment:
    """Bind a certificate to a resident. A newer card ends the older one: a person holds one at a time.

    Two unique indexes settle what happens at the same instant at two windows: the one that comes second sees what
    the first has done, and begins again with that.
    """
    trusted = certificates.check(certificate_der, ca_file)
    while True:
        known = _valid(session, trusted)
        if known is not None and known.resident_id == resident_id:
            return known
        if known is not None:
            raise rules.CardOfSomebodyElse
        row = _new_row(resident_id, trusted)
        if _take_the_place(session, row):
            did(session, Action.CREATE, whose=resident_id, what="card_enrolments")
            return session.get_one(CardEnrolment, row["id"])


def _take_the_place(session: Session, row: dict[str, Any]) -> bool:
    """End the older cards and keep the new one: both or, if another window was first, neither."""
    try:
        with session.begin_nested():
            for old in cards_of(session, row["resident_id"]):
                if (old.issuer, old.serial) == (row["issuer"], row["serial"]):
                    raise _AnotherWindowWasFirst
                end_card(session, old)
            if insert_once(session, CardEnrolment.__table__, row) != 1:  # type: ignore[arg-type]
                raise _AnotherWindowWasFirst
    except _AnotherWindowWasFirst:
        return False
    return True


class _AnotherWindowWasFirst(Exception):
    """Leaves the savepoint, so that it is undone."""


def _carry_over(session: Session, trusted: certificates.Trusted, ca_file: Path) -> CardEnrolment | None:
    """A renewed certificate takes the place of the one it renews, on the issuer's word: no visit to the window.

    Two kiosks at once end the same old bond and one of them makes the new one; both then find it.
    """
    for serial in renewals.predecessors(trusted.certificate, trusted.issuer, ca_file):
        old = _valid_with(session, trusted, serial)
        if old is None:
            continue
        end_card(session, old)
        row = _new_row(ResidentId(old.resident_id), trusted)
        if insert_once(session, CardEnrolment.__table__, row):  # type: ignore[arg-type]
            did(session, Action.CREATE, whose=old.resident_id, what="card_enrolments renewed")
        return _valid(session, trusted)
    return None


def _new_row(resident_id: ResidentId, trusted: certificates.Trusted) -> dict[str, Any]:
    return {
        "id": new_id(),
        "resident_id": resident_id,
        "issuer": _issuer(trusted.certificate),
        "serial": _serial(trusted),
        "fingerprint": _fingerprint(trusted),
        "valid_until": trusted.certificate.not_valid_after_utc,
        "enrolled_at": clock.now(),
    }


def end_card(session: Session, enrolment: CardEnrolment) -> None:
    """From now on this card opens nothing."""
    enrolment.ended_at = clock.now()
    session.flush()


def cards_of(session: Session, resident_id: UUID) -> Sequence[CardEnrolment]:
    """The cards that stand for a resident now."""
    query = select(CardEnrolment).where(CardEnrolment.resident_id == resident_id, CardEnrolment.ended_at.is_(None))
    return session.scalars(query).all()


def card_was_of(session: Session, resident_id: UUID, fingerprint: str) -> bool:
    """Whether the certificate of this SHA-256 (hex) stands, or ever stood, for the resident."""
    query = select(CardEnrolment.id).where(
        CardEnrolment.resident_id == resident_id, CardEnrolment.fingerprint == fingerprint
    )
    return session.scalar(query.limit(1)) is not None


def registered_holder(session: Session, certificate_der: bytes, ca_file: Path) -> UUID | None:
    """Whom a certificate stands for that was read and not proven, or the one it renewed: good to notice that a card is
    somebody else's, never to let anybody in. None for what nobody registered, or no authority here issued."""
    try:
        certificate, issuer = certificates.with_issuer(certificate_der, ca_file)
    except rules.CertificateUntrusted:
        return None
    serials = [f"{certificate.serial_number:x}", *renewals.predecessors(certificate, issuer, ca_file)]
    query = select(CardEnrolment.resident_id).where(
        CardEnrolment.issuer == _issuer(certificate), CardEnrolment.serial.in_(serials)
    )
    return session.scalar(
        query.order_by(CardEnrolment.ended_at.is_not(None), CardEnrolment.enrolled_at.desc()).limit(1)
    )


def _valid(session: Session, trusted: certificates.Trusted) -> CardEnrolment | None:
    return _valid_with(session, trusted, _serial(trusted))


def _valid_with(session: Session, trusted: certificates.Trusted, serial: str) -> CardEnrolment | None:
    return session.scalar(
        select(CardEnrolment).where(
            CardEnrolment.issuer == _issuer(trusted.certificate),
            CardEnrolment.serial == serial,
            CardEnrolment.ended_at.is_(None),
        )
    )


def _issuer(certificate: Certificate) -> str:
    digest = Hash(SHA256())
    digest.update(certificate.issuer.public_bytes())
    return digest.finalize().hex()


def _serial(trusted: certificates.Trusted) -> str:
    return f"{trusted.certificate.serial_number:x}"


def _fingerprint(trusted: certificates.Trusted) -> str:
    return trusted.certificate.fingerprint(SHA256()).hex()
