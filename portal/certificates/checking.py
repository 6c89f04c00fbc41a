"""Whether a paper is genuine: asked by anybody who holds it, with its issue number and its verification code.

A stranger learns what the paper itself proves (that it was issued, when, by whom, how many pages), never who is on
it. To find a genuine number on a paper with another name, the holder compares a date of birth: the city says
whether it is on the genuine one, from keyed hashes. Every answer is on record, and the person it is about sees how
often it was asked. 54 random bits of code and the throttle at the door (routes) make guessing hopeless.
"""

import hmac
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.certificates import contents, kinds, numbers, rules
from portal.certificates.attesting import service as attesting
from portal.certificates.desk import Desk
from portal.certificates.kinds import Kind
from portal.certificates.models import CertificateOrder
from portal.certificates.online import stamping
from portal.certificates.rules import State, Verdict
from portal.core import audit, clock
from portal.core.audit import Action


@dataclass(frozen=True, slots=True)
class Answer:
    """What whoever holds the paper is told. `title` and `items` are msgids; `matches` is None when nothing was
    compared; `checks` counts the times it was asked before."""

    verdict: Verdict
    number: str = ""
    title: str = ""
    issued_on: date | None = None
    issuer: str = ""
    pages: int = 0
    copies: int = 0
    items: tuple[tuple[str, bool], ...] = ()
    checks: int = 0
    checked_at: datetime | None = None
    matches: bool | None = None


UNKNOWN = Answer(Verdict.UNKNOWN)


def address(base_url: str, number: str, code: str) -> str:
    """What the QR code holds. Both stand after "#", so that no log on the way and no proxy ever sees them."""
    return f"{base_url}/verify#{number}.{code}"


def check(session: Session, desk: Desk, *, number: str, code: str, born_on: date | None = None) -> Answer:
    """What the record says of a paper with this issue number and code (both in written form).

    A wrong code and a number that was never given out get the same answer.
    """
    found = session.scalar(select(CertificateOrder).where(CertificateOrder.issue_number == number))
    if found is None:
        return _attested(attesting.check(session, desk, number=number, code=code, born_on=born_on))
    if not hmac.compare_digest((found.verification_code or "").encode(), code.encode()):
        return UNKNOWN
    matches = contents.birth_mark(desk.key, found.id, born_on) in found.birth_marks if born_on else None
    return _answer(session, found, matches)


def check_document(session: Session, sha256: str) -> Answer:
    """What the record says of a file with this SHA-256 (hex): only the very bytes the city made are known."""
    same = or_(CertificateOrder.document_sha256 == sha256, CertificateOrder.id == stamping.order_of(session, sha256))
    query = select(CertificateOrder).where(same)
    found = session.scalar(query.limit(1))
    return _answer(session, found, None) if found else _attested(attesting.check_document(session, sha256))


def _attested(found: attesting.Found | None) -> Answer:
    """A paper of another room: it says what happened, so it does not grow old."""
    if found is None:
        return UNKNOWN
    paper = found.paper
    return Answer(
        verdict=Verdict.GENUINE,
        number=paper.issue_number,
        title=paper.title,
        issued_on=paper.issued_at.astimezone(clock.JST).date(),
        issuer=found.issuer,
        pages=paper.pages or 0,
        copies=1,
        checks=paper.checks,
        checked_at=paper.checked_at,
        matches=found.matches,
    )


def _answer(session: Session, found: CertificateOrder, matches: bool | None) -> Answer:
    assert found.paid_at
    assert found.issue_number  # given out together with the code, at payment
    issued_on = found.paid_at.astimezone(clock.JST).date()
    verdict = rules.verdict(State(found.state), issued_on, clock.today(), revoked=found.revoked_at is not None)
    kind = Kind(found.kind)
    shown = kinds.items_of(kind, found.options)
    answer = Answer(
        verdict=verdict,
        number=found.issue_number,
        title=kinds.title_to_others(found.options, found.kind),
        issued_on=issued_on,
        issuer=contents.issuer(numbers.ward_of(found.issue_number)).title,
        pages=found.pages or 0,
        copies=found.copies,
        items=tuple((kinds.ITEM_WORDS[item], item in shown) for item in kinds.ITEMS.get(kind, ())),
        checks=found.checks,
        checked_at=found.checked_at,
        matches=matches,
    )
    _note(session, found)
    return answer


def _note(session: Session, found: CertificateOrder) -> None:
    """Count it by a statement: two banks may ask at the same instant."""
    session.execute(
        update(CertificateOrder)
        .where(CertificateOrder.id == found.id)
        .values(checks=CertificateOrder.checks + 1, checked_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    audit.did(
        session, Action.LOOK, whose=found.resident_id, what="certificates.check", case_ref=found.issue_number or ""
    )
