"""Pages of bodies that register: the list, one registration, a file in and out."""

from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from wtforms import SelectField

from portal.companies import service as companies
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import shown_again
from portal.core.words import N_
from portal.procurement.forms import WordsForm
from portal.procurement.registers import rows_csv, rules, service
from portal.procurement.registers.models import Registration
from portal.procurement.registers.rows_csv import COLUMNS, Report
from portal.procurement.registers.rules import KIND_WORDS, SIGHT_WORDS, Row
from portal.procurement.rules import CompanyUnknown
from portal.web.access import Access
from portal.web.forms import CityForm, DayField, Needed, TextField
from portal.web.i18n import gettext as _
from portal.web.pages import page_number
from portal.web.room import Room
from portal.web.spreadsheet import as_csv

room = Room("registrations_desk", __name__, "/staff/registrations")
KEEPER = Access.staff(Permission.REGISTRATION_KEEP)
NO_FILE = N_("Choose a file.")
LINES_SHOWN = 100
# Which field of the form a refusal belongs to.
FIELDS: dict[type[Refusal], str] = {
    CompanyUnknown: "company", rules.LawMissing: "law", rules.DaysWrong: "valid_until", rules.NumberOfAnother: "number",
    rules.RegistrationWithdrawn: "number",
}  # fmt: skip


class RegistrationForm(CityForm):
    """One registration."""

    company = TextField(
        N_("Number of the company"),
        reader=companies.read_key,
        description=N_("The corporate number (13 digits), or the number here of a sole proprietor."),
        render_kw={"width": "medium"},
    )
    kind = SelectField(N_("Kind"), [Needed()])
    name = TextField(
        N_("What it is called"), longest=rules.LONGEST_NAME, description=N_("Such as 産業廃棄物収集運搬業許可.")
    )
    number = TextField(N_("Number"), longest=rules.LONGEST_NUMBER, render_kw={"width": "medium"})
    issued_on = DayField(N_("Day of issue"))
    valid_until = DayField(N_("Last day"), needed=False)
    terms = TextField(N_("Terms"), longest=rules.LONGEST_TERMS, needed=False)
    sight = SelectField(N_("Who may see it"), [Needed()])
    law = TextField(
        N_("Law that allows to show it"), longest=rules.LONGEST_LAW, needed=False,
        description=N_("Needed unless only this body and the company see it."),
    )  # fmt: skip

    @classmethod
    def of(cls) -> "RegistrationForm":
        form = cls.read(sight=str(rules.Sight.OWN))
        for field in form:
            field.label.text = _(field.label.text)
            field.description = _(field.description) if field.description else ""
        form.kind.choices = [(str(kind), _(words)) for kind, words in KIND_WORDS.items()]
        form.sight.choices = [(str(sight), _(words)) for sight, words in SIGHT_WORDS.items()]
        return form

    def row(self) -> Row | None:
        """What to register, or None with the faults at their fields."""
        if not self.validate() or self.issued_on.data is None:
            return None
        said = {name: self[name].data or "" for name in ("company", "kind", "name", "number", "terms", "law", "sight")}
        return Row(**said, issued_on=self.issued_on.data, valid_until=self.valid_until.data)


@room.page("", access=KEEPER, purpose=Purpose.OPERATION)
def show_all(session: Session, actor: Actor) -> str:
    """What this body registered; objections first."""
    wanted = service.Wanted(
        ending=request.args.get("ending") == "yes", words=shown_again(request.args.get("q", ""), longest=60).strip()
    )
    agency, page = service.body_of(session, actor), page_number()
    rows, pages = service.of_body(session, agency, wanted, page=page)
    return render_template(
        "registers/desk.html",
        agency=agency,
        wanted=wanted,
        lines=[
            (one, name, companies.show_number(key), _(KIND_WORDS[one.kind]), *_state(one)) for one, name, key in rows
        ],
        page=page,
        pages=pages,
        page_url=lambda number: url_for(
            ".show_all", page=number, q=wanted.words or None, ending="yes" if wanted.ending else None
        ),
    )


def _state(one: Registration) -> tuple[str, str]:
    words, tone = rules.state_of(one.withdrawn_at is not None, one.valid_until, clock.today())
    return _(words), tone


@room.page("/new", access=KEEPER, purpose=Purpose.OPERATION)
def new(session: Session, actor: Actor) -> str:
    """An empty registration."""
    service.body_of(session, actor)
    return render_template("registers/form.html", form=RegistrationForm.of())


@room.page("/new", access=KEEPER, purpose=Purpose.OPERATION, methods=("POST",))
def register(session: Session, actor: Actor) -> Any:
    """Keep it; the company is told."""
    form = RegistrationForm.of()
    row = form.row()
    if row is not None:
        try:
            service.register(session, actor, row)
            return redirect("/staff/registrations", 303)
        except tuple(FIELDS) as refusal:
            form[FIELDS[type(refusal)]].errors = [_said(refusal)]
    return render_template("registers/form.html", form=form), 422


def _said(refusal: Refusal) -> str:
    return f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step, **refusal.facts)}"


@room.page("/registrations.csv", access=KEEPER, purpose=Purpose.OPERATION)
def as_table(session: Session, actor: Actor) -> Response:
    """All of them as a table, in the columns a file is taken in with."""
    return as_csv(rows_csv.HEADS, rows_csv.rows(session, actor))


@room.page("/import", access=KEEPER, purpose=Purpose.OPERATION)
def choose_file(session: Session, actor: Actor) -> str:
    """Choose a file of registrations."""
    return _import_page(session, actor)


@room.page("/import", access=KEEPER, purpose=Purpose.OPERATION, methods=("POST",))
def take_file(session: Session, actor: Actor) -> Any:
    """Take in its sound rows; the others are listed."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _import_page(session, actor, error=_(NO_FILE)), 422
    try:
        report = rows_csv.take(session, actor, cast(BinaryIO, upload.stream), _)
    except Refusal as refusal:
        return _import_page(session, actor, error=_said(refusal)), 422
    return _import_page(session, actor, report=report)


def _import_page(session: Session, actor: Actor, *, report: Report | None = None, error: str = "") -> str:
    return render_template(
        "registers/import.html",
        agency=service.body_of(session, actor),
        report=report,
        refused=report.refused[:LINES_SHOWN] if report else [],
        error=error,
        columns=[(heading, english, needed) for heading, (english, needed) in COLUMNS.items()],
        kinds="、".join(rules.KINDS_IN_FILES),
        sights="、".join(rules.SIGHTS_IN_FILES),
    )


@room.page("/<uuid:registration_id>", access=KEEPER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor, registration_id: UUID) -> str:
    """One registration: withdraw it, answer an objection."""
    return _one(session, actor, registration_id)


def _one(session: Session, actor: Actor, registration_id: UUID, action: str = "", error: str = "") -> str:
    _agency, one = service.own(session, actor, registration_id)
    name, key = companies.names_of(session, [one.company_id])[one.company_id]
    words, tone = _state(one)
    return render_template(
        "registers/one.html",
        one=one,
        company=name,
        number=companies.show_number(key),
        kind=_(KIND_WORDS[one.kind]),
        sight=_(SIGHT_WORDS[one.sight]),
        state=words,
        tone=tone,
        action=action,
        error=error,
    )


@room.page("/<uuid:registration_id>/withdraw", access=KEEPER, purpose=Purpose.OPERATION, methods=("POST",))
def withdraw(session: Session, actor: Actor, registration_id: UUID) -> Any:
    """It no longer holds; the company is told why."""
    return _with_words(session, actor, registration_id, "withdraw", _("Reason, for the company to read"))


@room.page("/<uuid:registration_id>/answer", access=KEEPER, purpose=Purpose.OPERATION, methods=("POST",))
def answer(session: Session, actor: Actor, registration_id: UUID) -> Any:
    """Answer the objection."""
    return _with_words(session, actor, registration_id, "answer", _("Answer"))


def _with_words(session: Session, actor: Actor, registration_id: UUID, action: str, label: str) -> Any:
    form = WordsForm.read().speak(label)
    if not form.validate():
        return _one(session, actor, registration_id, action, str(form.words.errors[0])), 422
    words = form.words.data or ""
    if action == "withdraw":
        service.withdraw(session, actor, registration_id, words[:500])
    else:
        service.answer(session, actor, registration_id, words)
    return redirect(f"/staff/registrations/{registration_id}", 303)
