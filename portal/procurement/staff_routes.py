"""Pages of sections that buy: their tenders from the draft to the result, and who was told."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service as companies
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.procurement import ocds, readers, rules, telling, tender_days, tenders
from portal.procurement.agencies import agency_of
from portal.procurement.clarifying import service as clarifying
from portal.procurement.forms import ResultForm, TenderForm, WordsForm
from portal.procurement.models import Agency, Tender
from portal.procurement.papers import shelf
from portal.procurement.papers.rules import KINDS, PaperNotChecked
from portal.procurement.results import service as results
from portal.procurement.sealed import service as sealed
from portal.procurement.sealed.rules import NotSmallValue, OfficersMissing
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import LANGUAGES, language, show_date, show_datetime, show_list, show_points
from portal.web.i18n import gettext as _
from portal.web.pages import page_number
from portal.web.room import Room
from portal.web.spreadsheet import as_csv

room = Room("procurement_desk", __name__, "/staff/tenders")
BUYER = Access.staff(Permission.TENDER_WRITE)
AT_DAYS = {
    rules.TooShort: "deadline",
    tender_days.WorksTooShort: "deadline",
    tender_days.ClosedDay: "deadline",
    tender_days.DeadlineEarlier: "deadline",
    tender_days.EstimateFixed: "estimate",
    rules.QuestionsTooLate: "questions_until",
    tender_days.QuestionsPast: "questions_until",
}
CANNOT_CHANGE = (*AT_DAYS, tender_days.Fixed, tender_days.Narrowed)
CANNOT_PUBLISH = (*AT_DAYS, OfficersMissing, NotSmallValue, PaperNotChecked)


@room.page("", access=BUYER, purpose=Purpose.OPERATION)
def show_all(session: Session, actor: Actor) -> str:
    """The tenders of this member's body."""
    page = page_number()
    found, pages = tenders.of_section(session, actor, page=page)
    return render_template(
        "procurement/desk.html",
        lines=[(one, *_state(one)) for one in found],
        agency=agency_of(session, actor),
        at_page=page,
        pages=pages,
        page_url="/staff/tenders?page={}".format,
    )


def _state(tender: Tender) -> tuple[str, str]:
    words, tone = rules.STATE_WORDS[rules.shown_state(tender.state, tender.submissions_until, clock.now())]
    return _(words), tone


@room.page("/new", access=BUYER, purpose=Purpose.OPERATION)
def new(session: Session, actor: Actor) -> str:
    """An empty tender."""
    return _editor(TenderForm.of(agency_of(session, actor)))


def _editor(form: TenderForm, tender: Tender | None = None, *, papers_waiting: int = 0) -> str:
    return render_template("procurement/editor.html", form=form, tender=tender, papers_waiting=papers_waiting)


def _waiting(session: Session, tender: Tender) -> int:
    """How many documents become public with the next step of a public tender."""
    return len(shelf.waiting(shelf.all_of(session, tender.id))) if tender.state != rules.State.DRAFT else 0


@room.page("/new", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def write(session: Session, actor: Actor) -> Any:
    """Keep a draft."""
    form = TenderForm.of(agency_of(session, actor))
    facts = form.facts()
    if facts is None:
        return _editor(form), 422
    tender = tenders.write(session, actor, facts, ocid_prefix=hall().settings.ocid_prefix)
    return redirect(f"/staff/tenders/{tender.id}", 303)


@room.page("/<uuid:tender_id>", access=BUYER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor, tender_id: UUID) -> str:
    """One tender: what it says, what can be done, who was told, what was asked."""
    tender, agency = tenders.own(session, actor, tender_id)
    return _page(session, tender, agency)


def _page(session: Session, tender: Tender, agency: Agency, fault: Refusal | None = None, **forms: Any) -> str:
    papers = shelf.all_of(session, tender.id)
    counts, told = telling.receipts(session, tender.id), telling.lines(session, tender.id)
    state = rules.shown_state(tender.state, tender.submissions_until, clock.now())
    return render_template(
        "procurement/tender_desk.html",
        tender=tender,
        agency=agency,
        state=state,
        words=_state(tender),
        category=_(rules.CATEGORY_WORDS[tender.category]),
        method=_(rules.METHOD_WORDS[tender.method]),
        counts=counts,
        papers=shelf.public(papers),
        papers_waiting=len(shelf.waiting(papers)),
        kinds={name: _(words) for name, words in KINDS.items()},
        language_names=LANGUAGES,
        unanswered=clarifying.waiting(session, tender.id),
        told=[(name, companies.show_number(key), companies.reason_words(why, _), at) for name, key, why, at in told],
        waiting=tenders.questions_of(session, tender.id, answered=False),
        answered=tenders.questions_of(session, tender.id, answered=True),
        bids=tenders.bids_of(session, tender.id),
        withdrawal=results.waiting(session, tender.id),
        fault=f"{_(fault.message, **fault.facts)} {_(fault.next_step, **fault.facts)}" if fault else "",
        **forms,
    )


def _version() -> int:
    number = request.values.get("version", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 8 else 0


@room.page("/<uuid:tender_id>/change", access=BUYER, purpose=Purpose.OPERATION)
def change_form(session: Session, actor: Actor, tender_id: UUID) -> str:
    """The tender as it stands, to change it."""
    tender, agency = tenders.own(session, actor, tender_id)
    tenders.check_change(tender)
    return _editor(TenderForm.of(agency, tender), tender, papers_waiting=_waiting(session, tender))


@room.page("/<uuid:tender_id>/change", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def change(session: Session, actor: Actor, tender_id: UUID) -> Any:
    """Keep the change; what is public is amended."""
    tender, agency = tenders.own(session, actor, tender_id)
    tenders.check_change(tender)
    form = TenderForm.of(agency, tender)
    facts = form.facts()
    if facts is None:
        return _editor(form, tender, papers_waiting=_waiting(session, tender)), 422
    try:
        why = (form.why.data or "") if "why" in form else ""
        sealed.change(session, hall().settings.file_ring, actor, tender_id, _version(), facts, why)
    except CANNOT_CHANGE as refusal:
        for name in refusal.details.get("fields") or [AT_DAYS[type(refusal)]]:
            form[name].errors = [_(refusal.message, **refusal.facts) + " " + _(refusal.next_step, **refusal.facts)]
        return _editor(form, tender, papers_waiting=_waiting(session, tender)), 422
    return redirect(f"/staff/tenders/{tender_id}", 303)


@room.page("/<uuid:tender_id>/plan", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def plan(session: Session, actor: Actor, tender_id: UUID) -> Redirect:
    """Make it public as planned."""
    tenders.plan(session, actor, tender_id, _version())
    return redirect(f"/staff/tenders/{tender_id}", 303)


@room.page("/<uuid:tender_id>/publish", access=BUYER, purpose=Purpose.OPERATION)
def ask_publish(session: Session, actor: Actor, tender_id: UUID) -> str:
    """Asks once: companies are told at once, and that cannot be taken back."""
    tender, _agency = tenders.own(session, actor, tender_id)
    return render_template(
        "confirm.html",
        base="staff_base.html",
        question=_("Publish this tender?"),
        words=_("Publish and tell the companies"),
        consequence=_("All companies it fits are told at once. Later changes are public with their reason."),
        facts=_before_publishing(session, tender),
        action=f"/staff/tenders/{tender_id}/publish?version={tender.version}",
        back=f"/staff/tenders/{tender_id}",
    )


def _before_publishing(session: Session, tender: Tender) -> list[dict[str, str]]:
    """What is looked at once more: whom it goes to, and until when."""
    return [
        {"label": _("Title"), "value": tender.title},
        {"label": _("Category"), "value": _(rules.CATEGORY_WORDS[tender.category])},
        {"label": _("Way of buying"), "value": _(rules.METHOD_WORDS[tender.method])},
        {"label": _("Grades that may take part"), "value": " ".join(tender.grades)},
        {"label": _("Where the company has to be"), "value": tender.region or _("Anywhere")},
        {"label": _("Companies that are told"), "value": show_points(readers.to_be_told(session, tender))},
        {
            "label": _("Documents"),
            "value": str(len(tender.documents) + len({one.row.paper for one in shelf.all_of(session, tender.id)})),
        },
        {"label": _("Questions until"), "value": show_date(tender.questions_until, language())},
        {"label": _("Bids until"), "value": show_datetime(tender.submissions_until, language())},
    ]


@room.page("/<uuid:tender_id>/publish", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def publish(session: Session, actor: Actor, tender_id: UUID) -> Any:
    """Open it and tell all companies it fits."""
    try:
        sealed.publish(session, hall().settings.file_ring, actor, tender_id, _version())
    except CANNOT_PUBLISH as refusal:
        return _page(session, *tenders.own(session, actor, tender_id), fault=refusal), 422
    return redirect(f"/staff/tenders/{tender_id}", 303)


@room.page("/<uuid:tender_id>/cancel", access=BUYER, purpose=Purpose.OPERATION)
def cancel_form(session: Session, actor: Actor, tender_id: UUID) -> str:
    """Why it is stopped."""
    tender, _agency = tenders.own(session, actor, tender_id)
    return _form_page(tender, WordsForm.read().speak(_("Reason, for everybody to read")))


@room.page("/<uuid:tender_id>/told.csv", access=BUYER, purpose=Purpose.OPERATION)
def told(session: Session, actor: Actor, tender_id: UUID) -> Response:
    """All who were told of a tender, with the reason and whether they have opened it."""
    tender, _agency = tenders.own(session, actor, tender_id)
    rows = (
        (name, key, show_list(companies.reason_words(why, _)), ocds.moment(at) if at else "")
        for name, key, why, at in telling.lines(session, tender.id, most=None)
    )
    return as_csv((_("Company"), _("Number"), _("Why"), _("Opened")), rows)


def _form_page(tender: Tender, form: WordsForm | ResultForm) -> str:
    """One page for what ends a tender: called off with a reason, or its result."""
    ends = isinstance(form, WordsForm)
    return render_template(
        "procurement/end.html",
        tender=tender,
        form=form,
        title=_("Cancel this tender") if ends else _("Enter the result"),
        words=_("Cancel it for good") if ends else _("Publish the result"),
        kind="danger" if ends else "primary",
    )


@room.page("/<uuid:tender_id>/cancel", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def cancel(session: Session, actor: Actor, tender_id: UUID) -> Any:
    """Stop it."""
    tender, _agency = tenders.own(session, actor, tender_id)
    form = WordsForm.read().speak(_("Reason, for everybody to read"))
    if not form.validate():
        return _form_page(tender, form), 422
    tenders.cancel(session, actor, tender_id, _version(), (form.words.data or "")[:500])
    return redirect(f"/staff/tenders/{tender_id}", 303)


@room.page("/<uuid:tender_id>/result", access=BUYER, purpose=Purpose.OPERATION)
def result_form(session: Session, actor: Actor, tender_id: UUID) -> str:
    """All bids and who won."""
    tender, _agency = tenders.own(session, actor, tender_id)
    known = "\n".join(f"{bid.number} {bid.amount}" for bid in tenders.bids_of(session, tender.id))
    return _form_page(tender, ResultForm.read(bids=known).speak())


@room.page("/<uuid:tender_id>/result", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def decide(session: Session, actor: Actor, tender_id: UUID) -> Any:
    """Publish the result."""
    tender, _agency = tenders.own(session, actor, tender_id)
    form = ResultForm.read().speak()
    found = form.lines()
    if found is not None:
        try:
            despite = (form.despite.data or "") if "despite" in form else ""
            tenders.decide(session, actor, tender_id, _version(), found[0], winner=found[1], despite=despite)
            return redirect(f"/staff/tenders/{tender_id}", 303)
        except rules.WinnerDoubtful as refusal:
            form = ResultForm.read().speak(doubts=refusal.details["doubts"])
            form.despite.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
        except (rules.WinnerMissing, rules.CompanyUnknown, rules.NotYetClosed) as refusal:
            at = form.winner if isinstance(refusal, rules.WinnerMissing) else form.bids
            at.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
    return _form_page(tender, form), 422


@room.page("/<uuid:tender_id>/questions/<uuid:question_id>", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def answer(session: Session, actor: Actor, tender_id: UUID, question_id: UUID) -> Any:
    """Answer a question for everybody."""
    tender, agency = tenders.own(session, actor, tender_id)
    form = WordsForm.read().speak(_("Answer"))
    if not form.validate():
        return _page(session, tender, agency, answering=question_id, answer_error=form.words.errors[0]), 422
    tenders.answer(session, actor, tender_id, question_id, form.words.data or "")
    return redirect(f"/staff/tenders/{tender_id}", 303)
