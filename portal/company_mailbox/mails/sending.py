"""Mail leaves: taken in one short transaction, carried while none is open, recorded in another. One mail for everything
that is due at one address."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.companies.service import AnyDelivery as BusinessDelivery
from portal.companies.service import AnyNotice as BusinessNotice
from portal.company_mailbox.mails import addresses, wording
from portal.company_mailbox.mails.models import CompanyMail, CompanyMailAddress
from portal.company_mailbox.mails.queueing import SEND
from portal.core import clock, outbox
from portal.core.ids import new_id
from portal.core.outbox import Errand
from portal.mailbox import service as mailbox

AT_ONCE = 500
LEASE = timedelta(seconds=120)
NO_SYNC = {"synchronize_session": False}
rules = mailbox.channel_rules
State, Reason, Paused = rules.State, rules.Reason, rules.Paused
PAGE = "/business/mailbox"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One mail; `stop` ends such mails at one click."""

    id: UUID
    address_id: UUID
    to: str = field(repr=False)
    language: str
    notices: int
    companies: int
    attempts: int
    stop: str = field(repr=False)


def errand(ways: mailbox.WaysOf) -> Errand:
    """The worker's errand: everything that is due, some at a time."""
    return Errand(
        take=lambda session, _payload: take(session, ways),
        carry=lambda parcels: carry(ways, parcels),
        record=record,
    )


def take(session: Session, ways: mailbox.WaysOf) -> list[Parcel]:
    """What may leave now; what need not leave any more is settled here."""
    now = clock.now()
    query = (
        select(CompanyMail, CompanyMailAddress, BusinessDelivery.read_at, BusinessNotice.withdrawn_at)
        .join(CompanyMailAddress, CompanyMailAddress.id == CompanyMail.address_id)
        .join(BusinessNotice, BusinessNotice.id == CompanyMail.notice_id)
        .join(
            BusinessDelivery,
            (BusinessDelivery.notice_id == CompanyMail.notice_id)
            & (BusinessDelivery.company_id == CompanyMail.company_id),
        )
        .where(CompanyMail.state == str(State.QUEUED), CompanyMail.due_at <= now)
        .order_by(CompanyMail.due_at)
        .limit(AT_ONCE)
    )
    groups: dict[tuple[UUID, UUID | None], list[Any]] = defaultdict(list)
    rows = session.execute(query.with_for_update(of=CompanyMail, skip_locked=True)).all()
    if len(rows) == AT_ONCE:
        outbox.wake(session, SEND)
    for row in rows:
        if reason := _needless(row, now, has_mail=ways.mail is not None):
            _settle(row.CompanyMail, State.SKIPPED, reason)
        else:
            groups[row.CompanyMailAddress.id, row.CompanyMail.parcel].append(row)
    made = [_parcel(ways, group, now) for group in groups.values()]
    session.flush()
    return made


def _needless(row: Any, now: Any, *, has_mail: bool) -> Any:
    """Why it is not sent after all: looked at when it is sent, not when it was promised."""
    if row.withdrawn_at is not None:
        return Reason.OVER
    if row.read_at is not None:
        return Reason.READ
    if paused := row.CompanyMailAddress.paused:
        return rules.SKIPPED_BECAUSE.get(paused, Reason.OFF)
    if not has_mail:
        return Reason.OFF
    return Reason.LATE if now > row.CompanyMail.late_at else None


def _settle(one: CompanyMail, state: Any, reason: Any) -> None:
    one.state, one.reason, one.settled_at = str(state), str(reason or ""), clock.now()


def _parcel(ways: mailbox.WaysOf, group: Sequence[Any], now: Any) -> Parcel:
    mails, address = [row.CompanyMail for row in group], group[0].CompanyMailAddress
    name = mails[0].parcel or new_id()
    for one in mails:
        one.parcel, one.due_at, one.attempts = name, now + LEASE, one.attempts + 1
    token = mailbox.tokens.stop_token(ways.key, address.id, address.address)
    return Parcel(
        id=name,
        address_id=address.id,
        to=address.address,
        language=address.language,
        notices=len(mails),
        companies=len({one.company_id for one in mails}),
        attempts=max(one.attempts for one in mails),
        stop=f"{ways.base_url}/business/mail/stop?token={token}",
    )


def carry(ways: mailbox.WaysOf, parcels: Sequence[Parcel]) -> list[tuple[Parcel, str]]:
    """Send them over one connection; each with what became of it."""
    if not parcels or ways.mail is None:
        return [(one, "later") for one in parcels]
    with ways.mail.open() as line:
        return [(one, _send(ways, line, one)) for one in parcels]


def _send(ways: mailbox.WaysOf, line: Any, one: Parcel) -> str:
    page = PAGE if one.companies == 1 else f"{PAGE}/all"
    subject, text = wording.news(one.language, one.notices, one.companies, link=ways.base_url + page, stop=one.stop)
    try:
        letter = mailbox.mail.letter(
            line.server, to=one.to, subject=subject, text=text, key=one.id.hex, language=one.language, stop=one.stop
        )
    except ValueError:  # a header that would be two
        return "refused"
    return str(line.send(letter, key=one.id.hex).outcome)


def record(session: Session, brought: Sequence[tuple[Parcel, str]]) -> None:
    """What became of what was carried. Only what is still under way with it is changed."""
    for parcel, outcome in brought:
        if outcome == "later":
            if parcel.attempts < rules.MOST_ATTEMPTS:
                due = clock.now() + rules.pause(parcel.attempts)
                session.execute(_of(parcel).values(due_at=due), execution_options=NO_SYNC)
                continue
            _end(session, parcel, State.FAILED, Reason.GAVE_UP)
        elif outcome == "sent":
            _end(session, parcel, State.SENT, None)
        else:
            _end(session, parcel, State.FAILED, Reason.GONE if outcome == "gone" else Reason.REFUSED)
            if outcome == "gone":
                addresses.pause(session, parcel.address_id, Paused.BOUNCED)


def _of(parcel: Parcel) -> Any:
    return update(CompanyMail).where(CompanyMail.parcel == parcel.id, CompanyMail.state == str(State.QUEUED))


def _end(session: Session, parcel: Parcel, state: Any, reason: Any) -> None:
    values = {"state": str(state), "reason": str(reason or ""), "settled_at": clock.now()}
    session.execute(_of(parcel).values(**values), execution_options=NO_SYNC)


def came_back(session: Session, bounce: mailbox.bounces.Bounce) -> bool:
    """A mail that was taken came back later: a dead address or a complaint ends mail there. True if it was one of ours."""
    kinds = mailbox.bounces.Kind
    mine = CompanyMail.parcel == bounce.name
    found = session.scalar(select(CompanyMail.address_id).where(mine).limit(1))
    if found is None:
        return False
    if bounce.kind is not kinds.COMPLAINT:
        reason = Reason.GONE if bounce.kind is kinds.HARD else Reason.GAVE_UP
        values = {"state": str(State.FAILED), "reason": str(reason), "settled_at": clock.now()}
        sent = update(CompanyMail).where(mine, CompanyMail.state == str(State.SENT))
        session.execute(sent.values(**values), execution_options=NO_SYNC)
    if bounce.kind is not kinds.SOFT:
        why = Paused.COMPLAINED if bounce.kind is kinds.COMPLAINT else Paused.BOUNCED
        addresses.pause(session, found, why)
    return True


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Drop records of mail after 90 days, and addresses nobody confirmed (worker, daily)."""
    over = (CompanyMail.queued_at < clock.now() - rules.KEPT, CompanyMail.state != str(State.QUEUED))
    session.execute(delete(CompanyMail).where(*over), execution_options=NO_SYNC)
    addresses.forget_unconfirmed(session)
