"""Pages of a body: what the national register changed of companies it has to do with."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.procurement.agencies import agency_of
from portal.procurement.company_news import desk
from portal.procurement.company_news.rules import KIND_WORDS, OUTCOME_WORDS
from portal.procurement.rules import CATEGORY_WORDS
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("company_news", __name__, "/staff/companies/news")
READER = Access.staff(Permission.COMPANY_READ)
BUYER = Access.staff(Permission.TENDER_WRITE)


@room.page("", access=READER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor) -> str:
    """What waits, or what was settled."""
    settled, page = request.args.get("settled") == "yes", page_number()
    lines, pages = desk.listed(session, actor, settled=settled, page=page)
    return render_template(
        "company_news/list.html",
        agency=agency_of(session, actor),
        settled=settled,
        lines=[
            (one, companies.show_number(one.company.key), _(KIND_WORDS[one.news.kind][0]), KIND_WORDS[one.news.kind][1],
             _(OUTCOME_WORDS[one.news.outcome]) if one.news.outcome else "")
            for one in lines
        ],
        categories={name: _(words) for name, words in CATEGORY_WORDS.items()},
        may_grade=actor.may(Permission.TENDER_WRITE),
        at_page=page,
        pages=pages,
        page_url=lambda number: url_for(".show", settled="yes" if settled else None, page=number),
    )  # fmt: skip


@room.page("/<uuid:news_id>/seen", access=READER, purpose=Purpose.OPERATION, methods=("POST",))
def note(session: Session, actor: Actor, news_id: UUID) -> Redirect:
    """Seen: nothing more follows from it here."""
    desk.note(session, actor, news_id)
    return redirect("/staff/companies/news", 303)


@room.page("/<uuid:news_id>/pass-grades", access=BUYER, purpose=Purpose.OPERATION, methods=("POST",))
def pass_grades(session: Session, actor: Actor, news_id: UUID) -> Redirect:
    """The heir gets the grades of the merged company."""
    desk.pass_grades(session, actor, news_id)
    return redirect("/staff/companies/news", 303)
