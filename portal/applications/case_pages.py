"""An application after it was sent: where it stands, correcting and changing it, withdrawing it."""

from collections.abc import Iterable, Mapping
from functools import partial

from flask import Response, redirect, render_template, request
from sqlalchemy.orm import Session

from portal.applications import cases, changes, retention, rules, service, shown, view
from portal.applications.assisted import corrections as assisted
from portal.applications.casework import letters
from portal.applications.casework.models import CaseLetter
from portal.applications.firms import service as firms
from portal.applications.form_pages import Answer, own, typed_now, whole
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures.answers import Typed
from portal.applications.procedures.schema import FormField, Procedure
from portal.applications.procedures.words import Fault
from portal.applications.rules import State
from portal.applications.signatures import service as signatures
from portal.applications.ways import Way
from portal.core import clock, qr
from portal.web.i18n import is_language_change


def show(session: Session, way: Way) -> Answer:
    """Where it stands: status, timeline, answers, what to bring."""
    case = own(session, way)
    if case.state == State.DRAFT:
        return redirect(way.to("resume"), 303)
    return render_template("applications/show.html", **about(session, case, way))


def sheet(session: Session, way: Way) -> Answer:
    """Number, QR code and all answers, laid out for paper or a PDF."""
    case = own(session, way)
    if case.erased_at:
        raise rules.AlreadyDeleted
    if case.state == State.DRAFT:
        return redirect(way.to("resume"), 303)
    return render_template("applications/sheet.html", **about(session, case, way))


def correct(session: Session, way: Way) -> Answer:
    """Only what was asked, with the clerk's words."""
    case = own(session, way)
    if case.state != State.CORRECTION_ASKED:
        return redirect(way.to("show"), 303)
    return correct_page(session, case, way, case.typed, {})


def save_correction(session: Session, way: Way) -> Answer:
    """Send the correction."""
    typed, case = typed_now(), own(session, way)
    if case.state == State.CORRECTION_ASKED:
        fields = changes.correction_fields(session, case, typed)
        more = helped(fields, typed)
        if more is not None:
            return correct_page(session, case, way, more, {})
    if case.state == State.CORRECTED:  # a second press
        return redirect(way.to("show"), 303)
    read = service.correct(session, way.actor, way.id, whole(session, way, typed))
    if read.faults:
        return correct_page(session, case, way, typed, read.faults), 422
    return redirect(way.to("show"), 303)


def helped(fields: Iterable[FormField], typed: Typed) -> Typed | None:
    """What was typed, after a button that only helps to type or changes the language; None if it was to be sent."""
    if is_language_change():
        return typed
    return reading.helped(fields, typed, lookup=request.form.get("lookup", ""), row=request.form.get("row", ""))


def change(session: Session, way: Way, section: str) -> Answer:
    """One page of what was sent, as long as nobody at the city office has it in work."""
    case = own(session, way)
    if not changes.may_change(case):
        raise rules.InWork
    return _change_page(case, way, section, {}, {})


def save_change(session: Session, way: Way, section: str) -> Answer:
    """Send the changed page."""
    typed, case = typed_now(), own(session, way)
    fields = changes.change_fields(case, section, typed)
    more = helped(fields, typed)
    if more is not None:
        return _change_page(case, way, section, more, {})
    read = service.change(session, way.actor, way.id, section, whole(session, way, typed))
    if read.faults:
        return _change_page(own(session, way), way, section, typed, read.faults), 422
    return redirect(way.to("show"), 303)


def withdraw(session: Session, way: Way) -> Answer:
    """Asks once: it cannot be undone."""
    case = own(session, way)
    if State(case.state) not in rules.OPEN | {State.DRAFT}:
        return redirect(way.to("show"), 303)
    return render_template("applications/withdraw.html", case=case, way=way, procedure=cases.procedure_of(case))


def really_withdraw(session: Session, way: Way, after_draft: str) -> Answer:
    """A draft is thrown away, an application withdrawn."""
    case = own(session, way)
    if case.state == State.DRAFT:
        service.discard(session, way.actor, way.id)
        return redirect(after_draft, 303)
    if case.state != State.WITHDRAWN:
        service.withdraw(session, way.actor, way.id)
    return redirect(way.to("show"), 303)


def letters_page(session: Session, way: Way) -> str:
    """What the city wrote about this application."""
    case = own(session, way)
    return render_template(
        "casework/letters.html",
        case=case,
        way=way,
        procedure=cases.procedure_of(case),
        letters=letters.of_case(session, case.id),
    )


def letter_pdf(session: Session, case: Application, found: CaseLetter) -> Response:
    """One letter as a PDF; that its addressee opened it is kept."""
    content = letters.draw(found.sheet, found.issued_at)
    letters.opened_by_owner(session, found)
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{case.reference}.pdf"'
    return answer


def correct_page(session: Session, case: Application, way: Way, typed: Typed, faults: Mapping[str, Fault]) -> str:
    """What was asked, as it was typed last."""
    fields = changes.correction_fields(session, case, typed)
    return render_template(
        "applications/correct.html",
        case=case,
        way=way,
        procedure=cases.procedure_of(case),
        fields=shown.show_fields(fields, case, typed, faults),
        requests={request.field: request for request in cases.open_requests(session, case.id)},
        places={one.name: section.name for section in cases.procedure_of(case).sections for one in section.fields},
        reasons=rules.REASON_WORDS,
        replies={name: texts[0] for name, texts in typed.items() if name.startswith("reply-") and texts},
        errors=shown.summary_of(faults, fields),
        office=assisted.now_with(session, case),
    )


def _change_page(case: Application, way: Way, section: str, typed: Typed, faults: Mapping[str, Fault]) -> str:
    fields = changes.change_fields(case, section, typed)
    return render_template(
        "applications/change.html",
        case=case,
        way=way,
        procedure=cases.procedure_of(case),
        fields=shown.show_fields(fields, case, typed, faults),
        errors=shown.summary_of(faults, fields),
    )


def _change_address(procedure: Procedure, way: Way, section: str) -> str:
    """Where a page of what was sent is changed; "" for documents, which change only when asked for."""
    page = procedure.section(section)
    return "" if page is None or page.takes_files else way.change(section)


def about(session: Session, case: Application, way: Way) -> dict[str, object]:
    """What the pages of a sent application show."""
    found = service.summary(session, case.id)
    entries = service.timeline(session, case.id)
    return {
        "about": found,
        "way": way,
        "is_late": bool(found.due_on and found.due_on < clock.today()),
        "has_visit": view.has_visit(entries),
        "procedure": cases.procedure_of(case),
        "status": rules.STATE_WORDS[found.state],
        "tone": rules.STATE_TONES[found.state],
        "next_words": view.next_words(way, found.state, found.minutes),
        "events": view.timeline_items(entries, found.state, way=way),
        "groups": view.groups_of(case),
        "to_pay": cases.procedure_of(case).to_pay(case.answers),
        "erased_at": case.erased_at,
        "kept_until": retention.kept_until(case),
        "qr_code": qr.on_page(case.reference),
        "signed": signatures.state_of(session, case),
        "sent_by": firms.sender_name(session, case) if way.is_company else "",
        "letters": [] if way.is_guest else letters.of_case(session, case.id),
        "must_correct": found.state is State.CORRECTION_ASKED,
        "change": partial(_change_address, cases.procedure_of(case), way) if changes.may_change(case) else None,
        "may_withdraw": found.state in rules.OPEN,
    }
