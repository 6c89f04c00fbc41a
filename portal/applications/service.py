"""Pre-applications: the door of this room."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications import cases, changes, drafts, offers, retention, sent, sheet, visits
from portal.applications.assisted import records as assisted
from portal.applications.attachments import service as attachments
from portal.applications.casework import bulk, claims, corrections, decisions, disclosure, exports, files, notes
from portal.applications.casework import rules as casework
from portal.applications.events import ApplicationCompleted, ApplicationSubmitted, ApplicationWithdrawn
from portal.applications.firms import service as firms
from portal.applications.guide import catalogue as guide
from portal.applications.guide import service as guide_lists
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import catalogue
from portal.applications.procedures.known import Known
from portal.applications.procedures.topics import WINDOW_WORDS, WindowKind
from portal.applications.rules import ApplicationNotFound, Channel, Kind, NotComplete, State
from portal.applications.signatures import service as signatures
from portal.applications.summaries import (
    ApplicationSummary,
    drafts_of,
    find_by_reference,
    of_resident,
    summary,
    waiting_to_check,
)
from portal.applications.timeline import TimelineEntry, add_to_timeline, timeline
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.events import emit
from portal.staff import service as staff

start_draft = drafts.start_draft
find_draft = drafts.find_draft
save_page = drafts.save_page
save_sent = drafts.save_sent
autosave = drafts.autosave
discard = drafts.discard
forget_expired = drafts.forget_expired
pages = drafts.pages
forget_contents = retention.forget_contents
warn_of_expiry = retention.warn_of_expiry
is_draft = retention.is_draft
hold = retention.hold
lift_hold = retention.lift_hold
VisitOffer = offers.VisitOffer
for_visits = offers.for_visits
for_visit = offers.for_visit
visit_needs = visits.visit_needs
add_lines = visits.add_lines
LINES_WHAT = visits.LINES_WHAT
VisitNeeds = visits.VisitNeeds
claim = claims.claim
release = claims.release
ask_correction = corrections.ask
Asked = corrections.Asked
decide = decisions.decide
confirm = decisions.confirm
decide_one = bulk.decide_one
Outcome = casework.Outcome
disclosure_of = disclosure.disclosure
write_note = notes.write
make_export = exports.make
allow_export = exports.allow
stop_export = exports.stop
push_export = exports.push_file
change = changes.change
correct = changes.correct
rows_of = sheet.rows_of
attachments_of = attachments.of_application
open_attachment = attachments.open_for_staff
on_malware_found = attachments.on_malware_found
signature_of = signatures.state_of_application
verify_signature = signatures.verify_again
assisted_at_office = assisted.sent_at_office
assistance_of = assisted.last_sent
check_window = decisions.check_window
Row = sheet.Row
CompanyTold = firms.Told
wanted_of_company = firms.wanted
start_for_company = firms.start
KnownOf = Known
has_sent = sent.has_sent
sent_of = sent.sent_of

__all__ = [
    "LINES_WHAT",
    "WINDOW_WORDS",
    "ApplicationNotFound",
    "ApplicationSummary",
    "Asked",
    "CompanyTold",
    "KnownOf",
    "Row",
    "TimelineEntry",
    "VisitNeeds",
    "VisitOffer",
    "WindowKind",
    "add_lines",
    "add_to_timeline",
    "allow_export",
    "ask_correction",
    "assistance_of",
    "assisted_at_office",
    "attachments_of",
    "autosave",
    "change",
    "check_window",
    "claim",
    "complete",
    "confirm",
    "correct",
    "decide",
    "decide_one",
    "discard",
    "disclosure_of",
    "drafts_of",
    "find_by_reference",
    "find_draft",
    "for_visit",
    "for_visits",
    "forget_contents",
    "forget_expired",
    "has_sent",
    "hold",
    "is_complete",
    "is_draft",
    "life_events",
    "life_lists",
    "lift_hold",
    "make_export",
    "mark_ready",
    "minutes_needed",
    "of_resident",
    "on_malware_found",
    "open_attachment",
    "open_sheet",
    "pages",
    "push_export",
    "reject",
    "release",
    "rows_of",
    "save_page",
    "save_sent",
    "sent_of",
    "signature_of",
    "start_draft",
    "start_for_company",
    "stop_export",
    "submit",
    "summary",
    "timeline",
    "verify_signature",
    "visit_needs",
    "waiting_to_check",
    "wanted_of_company",
    "warn_of_expiry",
    "withdraw",
    "write_note",
]


def submit(session: Session, actor: Actor, application_id: UUID) -> Application:
    """Send the draft. Sending twice is one application: the second time changes nothing and gives the same."""
    case = cases.locked(session, application_id, owner=cases.owner_of(session, actor))
    if case.state != State.DRAFT:
        return case
    if not is_complete(case):
        raise NotComplete
    _check_again(case)
    attachments.drop_unasked(session, case)
    answers = changes.asked_only(case)
    together = actor.stands_for is not None
    now, channel = clock.now(), Channel.ASSISTED if together else Channel.ONLINE
    sent: dict[str, Any] = {
        "answers": answers,
        "typed": {},
        "submitted_at": now,
        "expires_at": None,
        "channel": str(channel),
        "sent_by": actor.id if case.company_id else None,
    }
    case = cases.move(session, case, State.SUBMITTED, **sent)
    files.begin(session, case)
    cases.tell(session, case, Kind.SENT_TOGETHER if together else Kind.SUBMITTED, actor)
    emit(session, ApplicationSubmitted(**cases.facts_of(case)))
    firms.sent(session, case)
    return case


def is_complete(case: Application) -> bool:
    """Every page of the draft was looked at and understood."""
    return all(page.state == "done" for page in drafts.pages(case))


def mark_ready(session: Session, application_id: UUID, actor: Actor) -> None:
    """Accept the case one holds: the express window may serve it, or it is done where nobody need come."""
    decisions.decide(session, application_id, actor, Outcome.APPROVE)


def reject(session: Session, application_id: UUID, actor: Actor, reason: str) -> None:
    """Refuse the case one holds; the person reads the reason in the timeline and in a letter."""
    decisions.decide(session, application_id, actor, Outcome.REJECT, reason)


def _check_again(case: Application) -> None:
    """Days move on while a draft lies: what was allowed when typed must be allowed when sent."""
    for section in cases.procedure_of(case).asked(case.answers):
        typed: dict[str, list[str]] = {}
        for field in section.fields:
            typed |= reading.typed_again(field, case.answers.get(field.name), {})
        if reading.read_fields(section.fields, typed, case.known).faults:
            # The page is to be looked at again, so that the check of the answers says which it is.
            case.seen = [name for name in case.seen if name != section.name]
            raise NotComplete


def withdraw(session: Session, actor: Actor, application_id: UUID) -> None:
    """The person changed their mind, any time before the window finished it."""
    case = cases.open_case(session, application_id, owner=cases.owner_of(session, actor))
    case = cases.move(session, case, State.WITHDRAWN)
    cases.resolve_requests(session, case.id)
    cases.tell(session, case, Kind.WITHDRAWN, actor)
    emit(session, ApplicationWithdrawn(**cases.facts_of(case)))


def complete(session: Session, application_id: UUID, actor: Actor) -> None:
    """The window verified the person and finished the case. A second time is refused (NotPossibleNow)."""
    case = cases.open_case(session, application_id)
    check_window(session, application_id)
    case = cases.move(session, case, State.COMPLETED)
    cases.resolve_requests(session, case.id)
    cases.tell(session, case, Kind.COMPLETED, actor, office=staff.office_name(session, actor.office))
    emit(
        session,
        ApplicationCompleted(**cases.facts_of(case), points=cases.procedure_of(case).points, channel=case.channel),
    )
    decisions.approved(session, case)


def open_sheet(session: Session, application_id: UUID) -> list[sheet.Row]:
    """The answers beside what the register said, for a member of staff; who opened them is on record."""
    case = cases.open_case(session, application_id)
    audit.looked(session, whose=case.whose, what="applications.answers", case_ref=case.reference)
    return sheet.rows_of(case)


def procedure_titles() -> list[tuple[str, str]]:
    """(name, title as msgid) of every procedure offered to residents now."""
    return [(procedure.name, procedure.title) for procedure in catalogue.for_residents()]


def procedure_title(name: str) -> str | None:
    """The title (msgid) of a procedure, or None when it is not offered any more."""
    procedure = catalogue.find(name)
    return procedure.title if procedure else None


def life_events() -> list[tuple[str, str]]:
    """(name, title as msgid) of every event of life the guide knows, in order."""
    return [(event.name, event.title) for event in guide.events()]


def life_lists(session: Session, resident_id: UUID) -> list[tuple[UUID, str, int, int]]:
    """(id, title as msgid, lines done, lines in all) of the person's lists from the guide, the newest first."""
    found = guide_lists.of_resident(session, resident_id)
    return [
        (one.id, guide_lists.event_of(one).title, *guide_lists.progress(guide_lists.lines(session, one)))
        for one in found
    ]


def minutes_needed(session: Session, application_id: UUID) -> int:
    """Minutes at the window for these answers."""
    case = cases.open_case(session, application_id)
    return cases.procedure_of(case).minutes_needed(case.answers)
