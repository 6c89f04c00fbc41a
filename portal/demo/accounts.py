"""The accounts of the cast's residents, and their cards where the card simulator has made some."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.orm import Session

from portal.accounts import service
from portal.config import Settings
from portal.core import passwords
from portal.demo import cast
from portal.residents import service as residents


def load(session: Session, settings: Settings) -> None:
    """Open the accounts of the cast and enrol their cards; what exists stays."""
    open_accounts(session)
    enrol_cards(session, settings.state_dir / "cards", settings.card_ca)


def open_accounts(session: Session) -> None:
    """An account for everybody of the cast who has a login ID."""
    for person in cast.RESIDENTS:
        known = residents.find_by_number(session, person.addressee_number)
        if known is None or not person.login_id or service.account_of(session, known.id):
            continue
        service.open_account(
            session,
            known.resident_id,
            login_id=person.login_id,
            password_hash=passwords.hash_password(person.password),
            language=person.language,
        )


def enrol_cards(session: Session, cards: Path, ca_file: Path) -> int:
    """Bind the simulated cards in *cards* (a folder a persona) to their residents; returns how many are bound."""
    bound = 0
    for person in (one for one in cast.RESIDENTS if one.auth_pin):  # cards nobody registered stay so
        file = cards / person.persona / "auth.pem"
        known = residents.find_by_number(session, person.addressee_number) if file.exists() else None
        if known is not None:
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            service.enrol_card(session, known.resident_id, certificate.public_bytes(Encoding.DER), ca_file)
            bound += 1
    return bound
