"""Pages of the processing centre and the sections: the worklist, and one case beside the register."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import cases, rules, service
from portal.applications import view as words
from portal.applications.assisted import records
from portal.applications.assisted.view import record_of
from portal.applications.casework import (
    checks,
    claims,
    corrections,
    decisions,
    files,
    letters,
    notes,
    opinions,
    reach,
    view,
)
from portal.applications.casework import (
    worklist as lists,
)
from portal.applications.casework.rules import LetterNotDrawable, NoteEmpty, Outcome, SectionUnknown
from portal.applications.models import Application
from portal.applications.rules import NothingAsked, Reason, WordsMissing
from portal.companies import service as companies
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.i18n import office_words
from portal.web.room import Room

room = Room("applications_review", __name__, "/staff/applications")

REVIEWER = Access.staff(Permission.APPLICATION_REVIEW)
SUPERVISOR = Access.staff(Permission.APPLICATION_SUPERVISE)
TYPED_WRONG = (NothingAsked, WordsMissing, NoteEmpty, SectionUnknown, LetterNotDrawable)


@room.page("", access=REVIEWER, purpose=Purpose.REVIEW)
def worklist(session: Session, actor: Actor) -> str | Redirect:
    """What waits, the first due first. A reference number in the search opens its case."""
    if typed := request.args.get("q", "").strip():
        try:
            found = cases.find_by_number(session, typed)
        except TextRefused:
            found = None
        if found and found.state != rules.State.DRAFT:
            return redirect(url_for(".case", id=found.id), 303)
    wanted = view.wanted()
    shown = lists.read(session, actor, wanted)
    allowed = reach.procedures_of(session, actor)
    offices = {office.code: office.name for office in staff.offices(session)}
    counts = lists.counts(session, actor)
    return render_template(
        "casework/worklist.html",
        shown=shown,
        lines=[{"case": line, "due": view.due_words(line.reading)} for line in shown.lines],
        waiting=counts.waiting,
        counts=view.count_links(counts),
        options=view.filter_options(allowed, offices),
        offices=offices,
        wanted=wanted,
        query=view.query_of(wanted),
        page_url=lambda number: url_for(".worklist", **view.query_of(wanted, page=number)),
        words=rules.STATE_WORDS,
        tones=rules.STATE_TONES,
        searched=typed,
        done=_done(session, actor),
        chosen=view.number(request.args.get("chosen", "")),
        taken=view.number(request.args.get("taken", "")),
        to_check=rules.TO_CHECK,
    )


@room.page("/claim", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def claim_many(session: Session, actor: Actor) -> Redirect:
    """Take the cases that were marked, as far as nobody else has them."""
    chosen = view.chosen_ids()
    taken = claims.claim_many(session, chosen, actor)
    return redirect(url_for(".worklist", who="mine", chosen=len(chosen), taken=taken), 303)


@room.page("/<uuid:id>", access=REVIEWER, purpose=Purpose.REVIEW)
def case(session: Session, actor: Actor, id: UUID) -> str:
    """One case: what was typed beside what the register says."""
    return _case_page(session, actor, id)


@room.page("/<uuid:id>/claim", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def claim(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Take the case."""
    service.claim(session, id, actor)
    return _to_case(id)


@room.page("/<uuid:id>/take-over", access=SUPERVISOR, purpose=Purpose.REVIEW, methods=("POST",))
def take_over(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Take the case from a colleague."""
    claims.take_over(session, id, actor)
    return _to_case(id)


@room.page("/<uuid:id>/release", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def release(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Give it back."""
    service.release(session, id, actor)
    return _to_list(id)


@room.page("/<uuid:id>/ready", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def ready(session: Session, actor: Actor, id: UUID) -> Any:
    """Accept it, or propose to."""
    return _decided(session, actor, id, Outcome.APPROVE, request.form.get("conditions", ""))


@room.page("/<uuid:id>/reject", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def reject(session: Session, actor: Actor, id: UUID) -> Any:
    """Refuse it, or propose to."""
    return _decided(session, actor, id, Outcome.REJECT, request.form.get("reason", ""))


def _decided(session: Session, actor: Actor, id: UUID, outcome: Outcome, typed: str) -> Any:
    if lost := claims.lost(session, id, actor):
        return _case_page(session, actor, id, lost), lost.status
    try:
        decisions.decide(session, id, actor, outcome, typed)
    except TYPED_WRONG as refusal:
        return _case_page(session, actor, id, refusal), 422
    return _to_list(id)


@room.page("/<uuid:id>/confirm", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def confirm(session: Session, actor: Actor, id: UUID) -> Redirect:
    """The second person confirms."""
    decisions.confirm(session, id, actor)
    return _to_list(id)


@room.page("/<uuid:id>/send-back", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def send_back(session: Session, actor: Actor, id: UUID) -> Any:
    """The second person does not agree."""
    if lost := claims.lost(session, id, actor):
        return _case_page(session, actor, id, lost), lost.status
    try:
        decisions.send_back(session, id, actor, request.form.get("why", ""))
    except NoteEmpty as refusal:
        return _case_page(session, actor, id, refusal), 422
    return _to_list(id)


@room.page("/<uuid:id>/correction", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def correction(session: Session, actor: Actor, id: UUID) -> Any:
    """Ask for correction of the fields a reason was chosen for."""
    if lost := claims.lost(session, id, actor):
        return _case_page(session, actor, id, lost), lost.status
    try:
        service.ask_correction(session, id, actor, _asked())
    except NothingAsked as refusal:
        return _case_page(session, actor, id, refusal), 422
    return _to_list(id)


@room.page("/<uuid:id>/notes", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def note(session: Session, actor: Actor, id: UUID) -> Any:
    """Write an internal note."""
    try:
        notes.write(session, id, actor, request.form.get("note", ""))
    except NoteEmpty as refusal:
        return _case_page(session, actor, id, refusal), 422
    claims.keep(session, cases.open_case(session, id), actor)
    return _to_case(id)


@room.page("/<uuid:id>/opinions", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def opinion(session: Session, actor: Actor, id: UUID) -> Any:
    """Ask another section."""
    try:
        opinions.ask(
            session,
            id,
            actor,
            section_id=_section(),
            question=request.form.get("question", ""),
            fields=request.form.getlist("share"),
        )
    except (NoteEmpty, SectionUnknown) as refusal:
        return _case_page(session, actor, id, refusal), 422
    claims.keep(session, cases.open_case(session, id), actor)
    return _to_case(id)


def _section() -> UUID:
    try:
        return UUID(request.form.get("section_id", ""))
    except ValueError:
        raise SectionUnknown from None


@room.page("/<uuid:id>/letter-preview", access=REVIEWER, purpose=Purpose.REVIEW, methods=("POST",))
def letter_preview(session: Session, actor: Actor, id: UUID) -> Any:
    """The letter as it would be, with the words typed so far; nothing is kept."""
    opened = cases.open_case(session, id)
    reach.check(session, actor, opened)
    rejected = request.form.get("outcome") == Outcome.REJECT
    outcome = Outcome.REJECT if rejected else Outcome.APPROVE
    try:
        typed = decisions.reasons(outcome, request.form.get("reason" if rejected else "conditions", ""))
        sheet = letters.compose(session, opened, outcome, typed)
        return _pdf(letters.draw(sheet, clock.now()), "preview.pdf")
    except (WordsMissing, LetterNotDrawable) as refusal:
        return _case_page(session, actor, id, refusal), 422


@room.page("/<uuid:id>/letters/<uuid:letter>", access=REVIEWER, purpose=Purpose.REVIEW)
def letter(session: Session, actor: Actor, id: UUID, letter: UUID) -> Response:
    """A letter that was issued."""
    opened = cases.open_case(session, id)
    reach.check(session, actor, opened)
    audit.looked(session, whose=opened.whose, what="applications.letter", case_ref=opened.reference)
    found = letters.open_letter(session, opened, letter)
    return _pdf(letters.draw(found.sheet, found.issued_at), f"{opened.reference}.pdf")


def _pdf(content: bytes, name: str) -> Response:
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _to_case(id: UUID) -> Redirect:
    return redirect(url_for(".case", id=id, **view.query_of(view.wanted())), 303)


def _to_list(done: UUID) -> Redirect:
    return redirect(url_for(".worklist", **view.query_of(view.wanted(), done=done)), 303)


def _done(session: Session, actor: Actor) -> dict[str, str] | None:
    """The case somebody has just come from, and what became of it."""
    try:
        found = cases.open_case(session, UUID(request.args.get("done", "")))
        reach.check(session, actor, found)
    except (ValueError, Refusal):
        return None
    if found.state not in rules.TO_CHECK:
        status = rules.STATE_WORDS[rules.State(found.state)]
    else:
        status = view.WHO_WORDS["second" if decisions.proposal(session, found.id) else "unclaimed"]
    return {"reference": found.reference or "", "status": status}


def _asked() -> list[corrections.Asked]:
    """Rows with a reason or a comment; a comment alone counts as "not correct"."""
    found = []
    for name, comment in request.form.items():
        kind, _, field = name.partition("-")
        if kind != "comment":
            continue
        reason = request.form.get(f"reason-{field}", "")
        if reason in set(Reason) or comment.strip():
            chosen = Reason(reason) if reason in set(Reason) else Reason.INCORRECT
            found.append(corrections.Asked(field, chosen, comment))
    return found


def _case_page(session: Session, actor: Actor, id: UUID, refusal: Refusal | None = None) -> str:
    opened = cases.open_case(session, id)
    reach.check(session, actor, opened)
    wanted = view.wanted()
    before, after = lists.neighbours(session, actor, wanted, id)
    rows = service.open_sheet(session, id)
    about, procedure = service.summary(session, id), cases.procedure_of(opened)
    compared = view.rows(rows)
    return render_template(
        "casework/case.html",
        about=about,
        procedure=procedure,
        status=rules.STATE_WORDS[about.state],
        tone=rules.STATE_TONES[about.state],
        rows=compared,
        signed=service.signature_of(session, id),
        documents=service.attachments_of(session, id),
        differing=[line for line in compared if line["compared"].matters],
        asked={one.field: one for one in cases.open_requests(session, id)},
        reasons=rules.REASON_WORDS,
        events=words.timeline_items(service.timeline(session, id), about.state),
        due=view.due_words(files.reading(opened, files.pauses_of(session, [id])[id])),
        checks=view.check_lines(checks.run(session, opened)),
        rounds=view.round_lines(procedure, corrections.rounds(session, id), rows),
        notes=notes.of_case(session, id),
        opinions=opinions.of_case(session, id),
        sections=[(row.id, office_words(f"{row.office} {row.section}")) for row in staff.sections(session)],
        letters=letters.of_case(session, id),
        proposal=decisions.proposal(session, id),
        **_holder(opened, actor),
        is_guest=opened.whose is None,
        company=_company(session, opened),
        assisted=record_of(records.of_case(session, id)),
        corrected_with=[record_of(one) for one in records.corrections_of(session, id)],
        to_check=about.state in rules.TO_CHECK,
        before=before,
        after=after,
        query=view.query_of(wanted),
        refusal=refusal,
        sent=request.form,
    )


def _company(session: Session, opened: Application) -> dict[str, str] | None:
    """The company that applied: its name, number and address, by the national register."""
    if opened.company_id is None:
        return None
    found, _row = companies.register_row(session, opened.company_id)
    return {"name": found.name, "number": companies.show_number(found.key), "address": found.address}


def _holder(opened: Application, actor: Actor) -> dict[str, Any]:
    """Who has the case: an idle claim holds nobody up."""
    live = opened.claimed_at is not None and opened.claimed_at > clock.now() - rules.CLAIM_LASTS
    mine = live and opened.claimed_by is not None and opened.claimed_by == actor.id
    return {
        "mine": mine,
        "claimed_label": opened.claimed_label if live and not mine else "",
        "may_take_over": actor.may(Permission.APPLICATION_SUPERVISE),
    }
