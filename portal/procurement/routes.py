"""Pages of companies and of everybody: tenders, questions and answers, one's grades and suspensions."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy import delete
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.db import insert_once
from portal.core.text import shown_again
from portal.procurement import grading, readers, rules, suspending, tenders
from portal.procurement.forms import WordsForm
from portal.procurement.grades import objections
from portal.procurement.models import Agency, Tender, TenderMute
from portal.procurement.papers import shelf
from portal.procurement.papers.rules import KINDS
from portal.procurement.results import service as results
from portal.procurement.rules import CATEGORY_WORDS, METHOD_WORDS, STATE_WORDS, SUSPENSION_WORDS
from portal.web.access import Access, NotFound
from portal.web.hall import hall
from portal.web.i18n import LANGUAGES
from portal.web.i18n import gettext as _
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("procurement", __name__, "/business")


@room.page("/tenders", access=Access.PUBLIC, purpose=Purpose.CHECK)
def show_all(session: Session, actor: Actor) -> str:
    """What public bodies buy: open and planned, or over."""
    category, words = request.args.get("category", ""), shown_again(request.args.get("q", ""), longest=100)
    category, over = category if category in CATEGORY_WORDS else "", request.args.get("over") == "yes"
    page, again = page_number(), urlencode({"q": words, "category": category})
    found, pages = tenders.listed(session, category=category, over=over, words=words, page=page)
    return render_template(
        "procurement/tenders.html",
        lines=[(one, body, *_state(one), _(CATEGORY_WORDS[one.category])) for one, body in found],
        at_page=page,
        pages=pages,
        page_url=lambda number: f"/business/tenders?{again}{'&over=yes' if over else ''}&page={number}",
        category=category,
        categories=[(name, _(words)) for name, words in CATEGORY_WORDS.items()],
        over=over,
        words=words,
        again=again,
        as_xml=urlencode({"Query": words or hall().settings.city_name}),
    )


def _state(tender: Tender) -> tuple[str, str]:
    words, tone = STATE_WORDS[rules.shown_state(tender.state, tender.submissions_until, clock.now())]
    return _(words), tone


def _find(session: Session, number: str) -> tuple[Tender, Agency]:
    found = tenders.public(session, number)
    if found is None:
        raise NotFound
    return found


@room.page("/tenders/<number>", access=Access.PUBLIC, purpose=Purpose.CHECK)
def show(session: Session, actor: Actor, number: str) -> str:
    """One tender with its questions, answers and result."""
    return _page(session, actor, *_find(session, number), WordsForm.read())


def _page(session: Session, actor: Actor, tender: Tender, agency: Agency, form: WordsForm) -> str:
    now = clock.now()
    mine = _standing(session, actor)
    state = rules.shown_state(tender.state, tender.submissions_until, now)
    return render_template(
        "procurement/tender.html",
        tender=tender,
        agency=agency,
        state=state,
        words=_state(tender),
        category=_(CATEGORY_WORDS[tender.category]),
        method=_(METHOD_WORDS[tender.method]),
        answered=tenders.questions_of(session, tender.id, answered=True),
        withdrawn=results.reasons(session, tender.id),
        papers=shelf.public(shelf.all_of(session, tender.id)),
        kinds={name: _(words) for name, words in KINDS.items()},
        language_names=LANGUAGES,
        bids=[(one, _number(one.number)) for one in tenders.bids_of(session, tender.id)],
        mine=mine,
        signed_in=actor.kind is Kind.BUSINESS,
        reader=readers.reader(session, tender, mine.company_id) if mine else None,
        may_ask=state == rules.State.ACTIVE and clock.today() <= tender.questions_until,
        form=form.speak(_("Your question")),
        sent=request.args.get("asked") == "yes",
        amended=tender.state == rules.State.ACTIVE and readers.is_amended(session, tender),
    )


def _number(number: str) -> str:
    """Of a corporation; of people, who have none but ours, nobody else reads it (decision 93)."""
    return companies.show_number(number) if companies.is_number(number) else "–"


def _standing(session: Session, actor: Actor) -> Any:
    """For which company the reader could act here, if for any."""
    if actor.kind is not Kind.BUSINESS:
        return None
    try:
        return companies.standing(session, actor, PowerOf.TENDERS)
    except companies.REFUSED:
        return None


@room.page("/tenders/<number>/interest", access=Access.BUSINESS, methods=("POST",))
def interest(session: Session, actor: Actor, number: str) -> Redirect:
    """We mean to take part."""
    tender, _agency = _find(session, number)
    tenders.show_interest(session, actor, tender)
    return redirect(f"/business/tenders/{tender.number}", 303)


@room.page("/tenders/<number>/questions", access=Access.BUSINESS, methods=("POST",))
def ask(session: Session, actor: Actor, number: str) -> Any:
    """Ask; the answer is for everybody, who asked stays with the section."""
    tender, agency = _find(session, number)
    form = WordsForm.read().speak(_("Your question"))
    if not form.validate():
        return _page(session, actor, tender, agency, form), 422
    tenders.ask(session, actor, tender, form.words.data or "")
    return redirect(f"/business/tenders/{tender.number}?asked=yes", 303)


@room.page("/qualifications", access=Access.BUSINESS)
def qualifications(session: Session, actor: Actor) -> str:
    """What public bodies say of the company: grades with their days, suspensions; and which notices it wants."""
    return _qualifications(session, actor)


def _qualifications(session: Session, actor: Actor, *, objecting: UUID | str | None = None, error: str = "") -> str:
    now, today = companies.standing(session, actor, PowerOf.TENDERS), clock.today()
    said = objections.of_company(session, now.company_id)
    rows = grading.of_company(session, now.company_id)
    muted = [name for name in CATEGORY_WORDS if session.get(TenderMute, (now.company_id, name))]
    return render_template(
        "procurement/qualifications.html",
        grades=[
            (
                one,
                body,
                _(CATEGORY_WORDS[one.category]),
                one.valid_from <= today <= one.valid_until,
                said.get((one.agency_code, one.category, one.grade, one.valid_from, one.valid_until)),
            )
            for one, body in rows
        ],
        suspensions=[
            (one, body, _(SUSPENSION_WORDS[one.state][0]), SUSPENSION_WORDS[one.state][1])
            for one, body in suspending.of_company(session, now.company_id)
        ],
        categories=[(name, _(words)) for name, words in CATEGORY_WORDS.items()],
        wanted=[name for name in CATEGORY_WORDS if name not in muted],
        objecting=objecting,
        error=error,
        today=today,
        saved=request.args.get("saved") == "yes",
    )


@room.page("/qualifications/notices", access=Access.BUSINESS, methods=("POST",))
def choose_notices(session: Session, actor: Actor) -> Redirect:
    """Of which categories the company wants to be told."""
    now = companies.standing(session, actor, PowerOf.TENDERS)
    session.execute(delete(TenderMute).where(TenderMute.company_id == now.company_id))
    rows = [
        {"company_id": now.company_id, "category": str(name)}
        for name in CATEGORY_WORDS
        if name not in request.form.getlist("wanted")
    ]
    if rows:
        insert_once(session, TenderMute.__table__, rows)  # type: ignore[arg-type]
    return redirect("/business/qualifications?saved=yes", 303)


@room.page("/grades/<agency>/<category>/objection", access=Access.BUSINESS, methods=("POST",))
def object_to_grade(session: Session, actor: Actor, agency: str, category: str) -> Any:
    """Object to what a body says of the company now, once."""
    form = WordsForm.read().speak(_("Your objection"))
    if not form.validate():
        place = f"{agency}-{category}-{request.form.get('begins', '')}"
        return _qualifications(session, actor, objecting=place, error=form.words.errors[0]), 422
    objections.object_to(session, actor, agency, category, form.words.data or "", begins=_begins())
    return redirect("/business/qualifications", 303)


def _begins() -> date | None:
    """Of which period the grade is; a day nobody could have chosen is none that stands."""
    try:
        return date.fromisoformat(request.form["begins"]) if request.form.get("begins") else None
    except ValueError:
        return date.min


@room.page("/suspensions/<uuid:suspension_id>/objection", access=Access.BUSINESS, methods=("POST",))
def object_to(session: Session, actor: Actor, suspension_id: UUID) -> Any:
    """Object to a suspension, once."""
    form = WordsForm.read().speak(_("Your objection"))
    if not form.validate():
        return _qualifications(session, actor, objecting=suspension_id, error=form.words.errors[0]), 422
    suspending.object_to(session, actor, suspension_id, form.words.data or "")
    return redirect("/business/qualifications", 303)
