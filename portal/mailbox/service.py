"""The mailbox as its owner sees it, and the doors other rooms use."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.events import ApplicationReady, CorrectionAsked, DraftExpiring, LetterIssued
from portal.certificates.events import RefundOwed, RefundSettled
from portal.core.audit import Action, Purpose, looked
from portal.core.words import N_
from portal.mailbox import listing, many, opening, sending
from portal.mailbox import rules as own_rules
from portal.mailbox import sheets as notice_sheets
from portal.mailbox.answering import rules as answering_rules
from portal.mailbox.attachments import rules as attachments_rules
from portal.mailbox.batches import receipts as batches_receipts
from portal.mailbox.batches import rules as batches_rules
from portal.mailbox.batches import webhooks as batches_webhooks
from portal.mailbox.channels import bounces as channels_bounces
from portal.mailbox.channels import mail as channels_mail
from portal.mailbox.channels import rules as channels_rules
from portal.mailbox.channels import service as channels
from portal.mailbox.channels import tokens as channels_tokens
from portal.mailbox.channels import ways as channels_ways
from portal.mailbox.channels import wording as channels_wording
from portal.mailbox.channels.rules import Says
from portal.mailbox.composing import rules as composing_rules
from portal.mailbox.composing import service as composing
from portal.mailbox.composing import trying as composing_trying
from portal.mailbox.keeping import rules as keeping_rules
from portal.mailbox.keeping import written
from portal.mailbox.listing import PAGE_SIZE
from portal.mailbox.models import Dealing, Delivery, Notice
from portal.mailbox.retention import rules as retention_rules
from portal.mailbox.retention import service as retention_service
from portal.mailbox.rules import HIDDEN_TITLE, WITHDRAWN, Kind, Strength
from portal.staff import service as staff

WRITTEN = written.__name__  # listens: whoever knows this room keeps what is written findable
CENTRE = "集中処理センター"  # speaks for itself where no clerk writes

write = composing.write
draft_of = composing.draft_of
reach = composing.reach
send = composing.send
start_due = composing.start_due
numbers = composing.numbers
standing_of = composing.standing_of
withdrawn_at = composing.withdrawn_at
whom = composing.whom
deliver = sending.deliver
tell = sending.tell
tell_many = many.tell_many
ForMany = many.ForMany
NoticeKind = Kind
Draw = listing.Draw
Item = listing.Item
lines = listing.lines
languages_for = listing.languages_for
unread_count = listing.unread_count
counts = listing.counts
open_notice = opening.open_notice
Reader = opening.Reader
Opened = opening.Opened
told = channels.told
told_counts = channels.told_counts
address_of = channels.address_of
mobile_of = channels.mobile_of
in_line = channels.in_line
# What the mailbox of companies does alike: the same decisions and refusals, the same mail and webhooks.
notice_rules = own_rules
answer_rules = answering_rules
file_rules = attachments_rules
desk_rules = composing_rules
keep_rules = keeping_rules
sheets = notice_sheets
retention = retention_service
last_day = retention_rules.last_day
KeptOf = retention_rules.What
batch_rules = batches_rules
channel_rules = channels_rules
webhooks = batches_webhooks
ReceiptTold = batches_receipts.Told
mail = channels_mail
mail_words = channels_wording
tokens = channels_tokens
bounces = channels_bounces
WaysOf = channels_ways.Ways
staff_address = composing_trying.address_of


def unread_tasks(session: Session, resident_id: UUID) -> int:
    """How many notices ask for something that is not done yet, among the newest (told at the kiosk: only how many)."""
    newest = (
        select(Delivery.notice_number)
        .where(Delivery.resident_id == resident_id)
        .order_by(Delivery.notice_number.desc())
        .limit(listing.COUNTED)
        .subquery()
    )
    same = and_(Dealing.resident_id == resident_id, Dealing.notice_number == newest.c.notice_number)
    query = (
        select(func.count())
        .select_from(newest)
        .join(Notice, Notice.number == newest.c.notice_number)
        .outerjoin(Dealing, same)
        .where(Notice.kind != str(Kind.INFORMATION), Notice.state != WITHDRAWN)
        .where(Dealing.settled_at.is_(None), Dealing.archived_at.is_(None))
    )
    return session.scalar(query) or 0


class Task(NamedTuple):
    """A notice that asks for something: its texts and the facts for their places (models.Notice), its last day."""

    texts: dict[str, dict[str, str]]
    facts: dict[str, Any]
    due_on: date | None


_HIDDEN = {"msgid": {"title": HIDDEN_TITLE, "body": ""}}


def open_tasks(session: Session, resident_id: UUID, *, limit: int) -> list[Task]:
    """What `unread_tasks` counts, the most urgent first; only title and last day are meant to be shown, where others may
    see them: so of what needs a strong sign-in not even the title."""
    looked(session, whose=resident_id, what="mailbox.tasks")
    same = and_(Dealing.resident_id == resident_id, Dealing.notice_number == Notice.number)
    query = (
        select(Notice.texts, Notice.facts, Notice.due_on, Notice.strength)
        .join(Delivery, Delivery.notice_number == Notice.number)
        .outerjoin(Dealing, same)
        .where(Delivery.resident_id == resident_id)
        .where(Notice.kind != str(Kind.INFORMATION), Notice.state != WITHDRAWN)
        .where(Dealing.settled_at.is_(None), Dealing.archived_at.is_(None))
        .order_by(Notice.due_on.is_(None), Notice.due_on, Notice.number.desc())
        .limit(limit)
    )
    return [
        Task(texts, facts, due_on) if strength <= Strength.PASSWORD else Task(_HIDDEN, {}, due_on)
        for texts, facts, due_on, strength in session.execute(query)
    ]


def dealing(session: Session, resident_id: UUID, number: int) -> Dealing | None:
    """What became of a notice in one mailbox, if anything was done with it."""
    return session.get(Dealing, (resident_id, number))


@dataclass(frozen=True, slots=True)
class Receipt:
    """When one mailbox got the notice and when it was opened; the resident by id only."""

    resident_id: UUID
    delivered_at: datetime
    read_at: datetime | None


def receipts(session: Session, notice: Notice, *, page: int = 1) -> tuple[list[Receipt], bool]:
    """Who has it and who opened it, those who read first; one page and whether there is a next."""
    query = (
        select(Delivery.resident_id, Delivery.delivered_at, Delivery.read_at)
        .where(Delivery.notice_number == notice.number)
        .order_by(Delivery.read_at.is_(None), Delivery.read_at.desc(), Delivery.resident_id)
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    )
    found = session.execute(query).all()
    return [Receipt(*row) for row in found[:PAGE_SIZE]], len(found) > PAGE_SIZE


def uses_of(resident_id: UUID) -> Select[Any, Any, Any, Any, Any, Any]:
    """Each notice a section chose this resident for, in the columns of a look at data (room mydata):
    at, who, action, what, why, case reference."""
    return (
        select(
            Delivery.delivered_at.label("at"),
            Notice.section.label("actor_label"),
            literal(str(Action.LOOK)).label("action"),
            literal("mailbox.selection").label("what"),
            literal(str(Purpose.SENDING)).label("why"),
            literal("").label("case_ref"),
        )
        .join(Notice, Notice.number == Delivery.notice_number)
        .where(Delivery.resident_id == resident_id, Notice.author_id.is_not(None))
    )


def on_correction_asked(session: Session, event: CorrectionAsked) -> None:
    """The processing centre asks for a correction: the applicant is told, with the way to it."""
    tell(
        session,
        event.resident_id,
        key=f"correction:{event.event_id}",
        section=CENTRE,
        title=N_("Please correct your application %(reference)s"),
        body=N_(
            "We checked what you sent us. Something needs your correction before your visit.\n\n"
            "Open your application with the button below. Only what we ask about is shown; "
            "everything else stays as it is."
        ),
        facts={"reference": event.reference},
        says=Says.APPLICATION,
        kind=Kind.TASK,
        link=f"/applications/{event.application_id}/correction",
    )


def on_draft_expiring(session: Session, event: DraftExpiring) -> None:
    """A draft nobody touches is going to be deleted: its owner can still finish it."""
    if not applications.is_draft(session, event.application_id):
        return
    tell(
        session,
        event.resident_id,
        key=f"draft-expiring:{event.event_id}",
        section=CENTRE,
        title=N_("Your draft will be deleted in %(days)s days"),
        body=N_(
            "You began a procedure and have not sent it yet.\n\n"
            "If you still need it, open the draft with the button below: every time you save it, it is kept for "
            "another 30 days. If you do not need it, you need not do anything."
        ),
        facts={"days": event.days},
        says=Says.APPLICATION,
        link=f"/applications/{event.application_id}/resume",
    )


def on_application_ready(session: Session, event: ApplicationReady) -> None:
    """Everything was checked: the visit will be short."""
    tell(
        session,
        event.resident_id,
        key=f"ready:{event.event_id}",
        section=CENTRE,
        title=N_("Your application %(reference)s is ready for your visit"),
        body=N_(
            "We checked everything you sent us.\n\n"
            "If you have not reserved a visit yet, please choose a time. At the office you go to the express window."
        ),
        facts={"reference": event.reference},
        says=Says.APPLICATION,
        link=f"/applications/{event.application_id}",
    )


def on_letter_issued(session: Session, event: LetterIssued) -> None:
    """A decision is told by letter: it lies with the application, and whoever fetches it is on record."""
    rejected = event.outcome == applications.Outcome.REJECT
    tell(
        session,
        event.resident_id,
        key=f"letter:{event.event_id}",
        section=CENTRE,
        title=N_("Your application %(reference)s could not be accepted")
        if rejected
        else N_("Your application %(reference)s was accepted"),
        body=N_(
            "The letter with the reason and what you can do against the decision is with your application.\n\n"
            "Open it with the button below. If you have a question, please ask the section named there."
        )
        if rejected
        else N_("The letter about the decision is with your application. Open it with the button below."),
        facts={"reference": event.reference},
        says=Says.APPLICATION,
        link=f"/applications/{event.application_id}/letters",
    )


def on_refund_owed(session: Session, event: RefundOwed) -> None:
    """A machine kept money and gave no paper: whose money it was learns where it is paid back."""
    office = staff.office_name(session, event.office)
    if event.method != "cash":
        _tell_points_kept(session, event, office)
        return
    tell(
        session,
        event.resident_id,
        key=f"refund-owed:{event.order_id}",
        section=office,
        title=N_("We owe you %(amount)s yen"),
        body=N_(
            "The machine at %(office)s took %(amount)s yen from you. Your certificate did not come out, and the "
            "machine could not give the money back. We are sorry.\n\n"
            "Please come to the window of %(office)s with your card, or with another document that shows who you "
            "are. Say this number: %(reference)s. We pay you back at once, in cash."
        ),
        facts={"amount": event.amount, "office": office, "reference": event.reference},
        says=Says.LETTER,
        kind=Kind.TASK,
        link=f"/certificates/{event.order_id}",
    )


def _tell_points_kept(session: Session, event: RefundOwed, office: str) -> None:
    """There is no money to fetch: what was paid with comes back by itself, once somebody has looked at the machine."""
    tell(
        session,
        event.resident_id,
        key=f"refund-owed:{event.order_id}",
        section=office,
        title=N_("We look whether your certificate came out"),
        body=N_(
            "You paid with points at the machine at %(office)s, and it could not finish. We are sorry.\n\n"
            "A member of staff looks at the machine. If there is no paper, the points or the coupon you paid with come "
            "back to you. You need not do anything. If you are in a hurry, come to the window of %(office)s and say this "
            "number: %(reference)s."
        ),
        facts={"office": office, "reference": event.reference},
        says=Says.LETTER,
        link=f"/certificates/{event.order_id}",
    )


def on_refund_settled(session: Session, event: RefundSettled) -> None:
    """It was ended at a window. Whoever did not stand there finds out that somebody else did."""
    office = staff.office_name(session, event.office)
    title = N_("Your certificate was handed to you")
    if event.amount > 0:
        in_money = event.method == "cash"
        title = N_("%(amount)s yen were paid back to you") if in_money else N_("What you paid with points is back")
    tell(
        session,
        event.resident_id,
        key=f"refund-settled:{event.order_id}",
        section=office,
        title=title,
        body=N_(
            "This was done today at the window of %(office)s, for the order %(reference)s.\n\n"
            "Were you not there? Then please call the office at once."
        ),
        facts={"amount": event.amount, "office": office, "reference": event.reference},
        says=Says.LETTER,
        link=f"/certificates/{event.order_id}",
    )
