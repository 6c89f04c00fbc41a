"""What a reader of a section's notice must know beside its text: withdrawn, corrected, and what fills its places."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from portal.mailbox.batches.models import Batch
from portal.mailbox.batches.models import Recipient as BatchRecipient
from portal.mailbox.composing import people, placeholders
from portal.mailbox.composing.models import Plan
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import State

TOLD = (State.SENDING, State.SENT)


@dataclass(frozen=True, slots=True)
class Standing:
    """`withdrawn_at` and `reason` when it was taken back; `corrects` and `corrected_by` are ids of notices in the same
    mailbox; `fills` are the values of the text's places."""

    withdrawn_at: datetime | None = None
    reason: str = ""
    corrects: UUID | None = None
    corrected_by: UUID | None = None
    fills: dict[str, str] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        """*text* as this reader gets it."""
        return placeholders.fill(text, self.fills) if self.fills else text


PLAIN = Standing()


def withdrawn_at(session: Session, notice: Notice, resident_id: UUID) -> datetime | None:
    """When it was withdrawn, by a section or by the system that sent it; None if it was not."""
    if notice.section_id is None:
        return _by_system(session, notice, resident_id).withdrawn_at
    return session.scalar(select(Plan.withdrawn_at).where(Plan.notice_number == notice.number))


def _by_system(session: Session, notice: Notice, resident_id: UUID) -> Standing:
    if notice.state != State.WITHDRAWN:
        return PLAIN
    query = select(Batch.withdrawn_at, Batch.reason).join(BatchRecipient, BatchRecipient.batch_id == Batch.id)
    mine = BatchRecipient.resident_id == resident_id, BatchRecipient.notice_number == notice.number
    row = session.execute(query.where(*mine)).first()
    return Standing(*row) if row else PLAIN


def standing_of(session: Session, notice: Notice, resident_id: UUID) -> Standing:
    """How the notice stands for this reader; one query where a section speaks, none where a system does."""
    if notice.section_id is None:
        return _by_system(session, notice, resident_id)
    own, other, older, newer = aliased(Plan), aliased(Plan), aliased(Notice), aliased(Notice)
    mine = select(Delivery.notice_number).where(Delivery.resident_id == resident_id)
    query = (
        select(own.withdrawn_at, own.reason, older.id, newer.id)
        .select_from(own)
        .outerjoin(older, (older.number == own.corrects) & older.number.in_(mine))
        .outerjoin(other, other.corrects == own.notice_number)
        .outerjoin(newer, (newer.number == other.notice_number) & newer.state.in_(TOLD) & newer.number.in_(mine))
        .where(own.notice_number == notice.number)
        .order_by(newer.number.desc().nulls_last())
    )
    row = session.execute(query.limit(1)).first()
    wanted = placeholders.of_texts(notice.texts)
    fills = people.fills_of(session, notice, resident_id, wanted) if wanted else {}
    return Standing(*row, fills=fills) if row else Standing(fills=fills)
