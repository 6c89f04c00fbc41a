"""Points for a project. When many give at one moment (after an earthquake, in the last hour of a campaign) those who come
while one transaction is written share the next one: see `core.uow.Database.together`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core import audit
from portal.core.audit import Action
from portal.core.errors import Refusal
from portal.core.uow import Asked
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, known
from portal.points.ledger.rules import Kind as Account
from portal.points.ledger.rules import Reason
from portal.points.spending import rules, service
from portal.points.spending.rules import GIFTS, Kind


@dataclass(frozen=True, slots=True)
class Gift:
    """What a resident wants to give to a project, once a *key*."""

    resident_id: UUID
    project: str
    points: int
    key: UUID


def donate_together(session: Session, asked: Sequence[Asked[Gift]]) -> list[int | Refusal]:
    """Each one's transfer, or why not: NotEnoughPoints, SentBefore, GiftUnclear, RewardUnknown."""
    accounts = ledger.hold_accounts(session, {gift.resident_id for _unit, gift in asked})
    projects = {code: _project(session, code) for code in sorted({gift.project for _unit, gift in asked})}
    wanted = [_wanted(gift, accounts[gift.resident_id], projects[gift.project]) for _unit, gift in asked]
    payments = [one for one in wanted if isinstance(one, Entry)]
    there = set(known(session, [payment.key for payment in payments]))
    paid = iter(ledger.spend_held(session, payments))
    answers = [next(paid) if isinstance(one, Entry) else one for one in wanted]
    for (unit, gift), one, answer in zip(asked, wanted, answers, strict=True):
        if isinstance(one, Entry) and isinstance(answer, int) and one.key not in there:
            unit.note(audit.Entry(Action.CHANGE, gift.resident_id, "points.balance"))
            there.add(one.key)
    return answers


def _project(session: Session, code: str) -> UUID | Refusal:
    """Its account."""
    try:
        found = service.reward(session, code)
    except rules.RewardUnknown as refusal:
        return refusal
    if found.kind != Kind.DONATION:
        return rules.RewardUnknown()
    return ledger.named(session, f"donation {code}", Account.DONATION)


def _wanted(gift: Gift, account: UUID, project: UUID | Refusal) -> Entry | Refusal:
    if isinstance(project, Refusal):
        return project
    if gift.points not in GIFTS:
        return rules.GiftUnclear()
    return Entry(f"donation:{gift.resident_id}:{gift.key}", account, project, gift.points, Reason.DONATION)
