"""What staff do for a person at the window: make sure who it is, then hand out a code, register or withdraw a card.

Nothing is handed out and no card is bound unless the same member of staff checked the same person's identity a moment
ago; the check is a row of its own, on the person's record.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import cards, certificates, challenges, rules, timeline
from portal.accounts.events import CardRegistered, CardWithdrawn, CodeHandedOut
from portal.accounts.models import Account, CardEnrolment, IdentityCheck
from portal.core import clock, identity
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.events import emit
from portal.core.identity import Document
from portal.core.ids import ResidentId, new_id
from portal.web import one_time_code

FRESH = timedelta(minutes=15)


def identity_context(resident_id: UUID) -> str:
    """What a card's signature is good for: to prove this person at the window."""
    return f"account:{resident_id}"


def enrol_context(resident_id: UUID) -> str:
    """What a card's signature is good for: to be registered for this person."""
    return f"enrol:{resident_id}"


def fresh_check(session: Session, actor: Actor, resident_id: UUID) -> IdentityCheck | None:
    """The check this member of staff made of this person in the last quarter of an hour."""
    query = select(IdentityCheck).where(
        IdentityCheck.resident_id == resident_id,
        IdentityCheck.member_id == actor.id,
        IdentityCheck.at > clock.now() - FRESH,
    )
    return session.scalars(query.order_by(IdentityCheck.at.desc()).limit(1)).first()


def check_by_document(session: Session, actor: Actor, resident_id: UUID, document: Document) -> None:
    """The member of staff compared a document with the person and the register."""
    _record(session, actor, resident_id, str(document))


def check_by_card(
    session: Session, actor: Actor, resident_id: UUID, challenge_id: UUID, proof: tuple[bytes, bytes], ca_file: Path
) -> None:
    """A card registered for this person signed; *proof* is (certificate, signature). Raises CardNotTheirs, or what
    person_by_card raises."""
    challenge = challenges.use_challenge(session, challenge_id, identity_context(resident_id))
    if cards.person_by_card(session, *proof, challenge, ca_file) != resident_id:
        raise rules.CardNotTheirs
    _record(session, actor, resident_id, identity.BY_CARD)


def _record(session: Session, actor: Actor, resident_id: UUID, how: str) -> None:
    check = IdentityCheck(id=new_id(), resident_id=resident_id, member_id=actor.id, how=how, at=clock.now())
    session.add(check)
    session.flush()


def _needs_check(session: Session, actor: Actor, resident_id: UUID) -> None:
    if fresh_check(session, actor, resident_id) is None:
        raise rules.IdentityNotChecked(minutes=int(FRESH.total_seconds() // 60))


def hand_out_code(session: Session, actor: Actor, resident_id: UUID, code_hash: str) -> Account:
    """Let this person set a new password with the code; raises IdentityNotChecked or NoAccount."""
    _needs_check(session, actor, resident_id)
    account = session.get(Account, resident_id)
    if account is None:
        raise rules.NoAccount
    one_time_code.give(session, resident_id, code_hash)
    did(session, Action.CREATE, whose=resident_id, what="one_time_codes")
    timeline.tell(session, resident_id, kind="code-handed-out", device=actor.label)
    emit(session, CodeHandedOut(resident_id=resident_id, office=actor.office))
    return account


def register_card(
    session: Session, actor: Actor, resident_id: UUID, challenge_id: UUID, proof: tuple[bytes, bytes], ca_file: Path
) -> CardEnrolment:
    """Bind the card that signed to this person; an older card of theirs ends.

    Raises IdentityNotChecked, ChallengeOver, SignatureWrong, or what enrol_card raises.
    """
    _needs_check(session, actor, resident_id)
    certificate, signature = proof
    challenge = challenges.use_challenge(session, challenge_id, enrol_context(resident_id))
    certificates.check_signature(certificates.check(certificate, ca_file), signature, challenge)
    before = {card.id for card in cards.cards_of(session, resident_id)}
    enrolment = cards.enrol_card(session, ResidentId(resident_id), certificate, ca_file)
    if enrolment.id not in before:
        timeline.tell(session, resident_id, kind="card-enrolled", device=actor.label)
        emit(session, CardRegistered(resident_id=resident_id, office=actor.office))
    return enrolment


def card_of(session: Session, resident_id: UUID, card_id: UUID) -> CardEnrolment | None:
    """One of the cards that stand for this person now."""
    return next((card for card in cards.cards_of(session, resident_id) if card.id == card_id), None)


def withdraw_card(session: Session, actor: Actor, resident_id: UUID, card_id: UUID) -> None:
    """End a card at once; a second time changes nothing. No identity check: a lost card is also reported by phone."""
    card = card_of(session, resident_id, card_id)
    if card is None:
        return
    cards.end_card(session, card)
    timeline.tell(session, resident_id, kind="card-ended", device=actor.label)
    emit(session, CardWithdrawn(resident_id=resident_id, office=actor.office))


def all_cards(session: Session, resident_id: UUID) -> Sequence[CardEnrolment]:
    """Every card that ever stood for this person, those of now first, then the newest."""
    query = select(CardEnrolment).where(CardEnrolment.resident_id == resident_id)
    return session.scalars(query.order_by(CardEnrolment.ended_at.is_not(None), CardEnrolment.enrolled_at.desc())).all()
