"""Notices of sections' own systems to people they name by addressee number."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.mailbox import rules
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.rules import Kind, State
from portal.residents import service as residents


def send_to_named(
    session: Session,
    machine: Actor,
    *,
    kind: Kind,
    texts: dict[str, dict[str, str]],
    recipients: Sequence[str],
    due_on: date | None = None,
    procedure: str = "",
) -> tuple[Notice, int, list[int]]:
    """Deliver at once: (notice, how many mailboxes, places in *recipients* that are nobody's number).

    A person named twice gets it once. Raises notice-japanese-missing, procedure-not-offered, due-date-passed
    and notice-reaches-nobody.
    """
    rules.check_due(kind, due_on, clock.today())
    if "ja" not in texts:
        raise rules.JapaneseMissing
    if procedure and applications.procedure_title(procedure) is None:
        raise rules.ProcedureUnknown
    known = residents.ids_of_numbers(session, recipients)
    if not known:
        raise rules.NobodyReached
    now = clock.now()
    notice = Notice(
        kind=kind,
        state=State.SENT,
        section=machine.label,
        author_id=machine.id,
        texts=texts,
        due_on=due_on,
        procedure=procedure,
        written_at=now,
        sent_at=now,
    )
    session.add(notice)
    session.flush()
    rows = [
        {"resident_id": resident_id, "notice_number": notice.number, "delivered_at": now}
        for resident_id in known.values()
    ]
    session.execute(insert(Delivery), rows)
    for resident_id in known.values():
        audit.did(session, Action.CREATE, whose=resident_id, what="mailbox.notice", case_ref=str(notice.id)[:8])
    return notice, len(rows), [place for place, number in enumerate(recipients) if number not in known]


def notice_of_machine(session: Session, machine: Actor, notice_id: UUID) -> Notice:
    """A notice this machine sent."""
    query = select(Notice).where(Notice.id == notice_id, Notice.author_id == machine.id)
    notice = session.scalars(query).one_or_none()
    if notice is None:
        raise rules.NoticeUnknown
    return notice
