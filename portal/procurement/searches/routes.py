"""A company's saved searches."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect
from wtforms import RadioField, SelectField

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core.actor import Actor
from portal.core.text import shown_again
from portal.core.words import N_
from portal.procurement.rules import CATEGORY_WORDS
from portal.procurement.searches import rules, service
from portal.procurement.searches.rules import RHYTHM_WORDS, Rhythm
from portal.web.access import Access
from portal.web.forms import CityForm, Needed, TextField
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("tender_searches", __name__, "/business/searches")


class SearchForm(CityForm):
    """What to look for, and how often to tell."""

    name = TextField(N_("Name of this search"), longest=60)
    words = TextField(N_("Words in title or description"), longest=100, needed=False)
    category = SelectField(N_("Category"))
    agency_code = SelectField(N_("Public body"))
    rhythm = RadioField(N_("How often to tell"), [Needed()])

    @classmethod
    def of(cls, session: Session) -> "SearchForm":
        category = request.args.get("category", "")
        form = cls.read(
            words=shown_again(request.args.get("q", ""), longest=100),
            category=category if category in CATEGORY_WORDS else "",
            rhythm=str(Rhythm.DAILY),
        )
        for field in form:
            field.label.text = _(field.label.text)
        every = ("", _("All"))
        form.category.choices = [every, *((name, _(words)) for name, words in CATEGORY_WORDS.items())]
        form.agency_code.choices = [every, *(tuple(row) for row in service.agencies(session))]
        form.rhythm.choices = [(str(name), _(words)) for name, words in RHYTHM_WORDS.items()]
        return form


@room.page("", access=Access.BUSINESS)
def show(session: Session, actor: Actor) -> str:
    """What is saved, and the form for another one."""
    return _page(session, actor, SearchForm.of(session))


def _page(session: Session, actor: Actor, form: SearchForm) -> str:
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    names = dict(tuple(row) for row in service.agencies(session))
    return render_template(
        "searches/searches.html",
        form=form,
        lines=[
            (one, _(CATEGORY_WORDS[one.category]) if one.category else _("All"), names.get(one.agency_code, ""),
             _(RHYTHM_WORDS[one.rhythm]))
            for one in service.of_company(session, standing.company_id)
        ],
    )  # fmt: skip


@room.page("", access=Access.BUSINESS, methods=("POST",))
def save(session: Session, actor: Actor) -> Any:
    """Keep one more."""
    form = SearchForm.of(session)
    if form.validate():
        said = {field.name: field.data or "" for field in form}
        try:
            service.save(session, actor, said)
            return redirect("/business/searches", 303)
        except rules.NameTaken as refusal:
            form.name.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
    return _page(session, actor, form), 422


@room.page("/<uuid:search_id>/forget", access=Access.BUSINESS, methods=("POST",))
def forget(session: Session, actor: Actor, search_id: UUID) -> Redirect:
    """Remove it."""
    service.forget(session, actor, search_id)
    return redirect("/business/searches", 303)
