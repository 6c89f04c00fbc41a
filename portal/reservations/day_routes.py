"""Pages of staff about opening days: close an office on a day, open it on another, the visits that need a new time,
and places kept for staff."""

from collections import Counter
from datetime import date, time
from typing import Any

from flask import g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect
from wtforms import SelectField

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import whole_number
from portal.reservations import closing, days, rules, service
from portal.reservations.closing import DayWords
from portal.reservations.rules import DayKind, DayReason, DayTaken, DayUnknown
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.forms import CityForm, DayField, TextField
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import office_words, show_date
from portal.web.room import Room

room = Room("reservations_days", __name__, "/staff/office-days")

DECIDES = Access.staff(Permission.OFFICE_DAYS)
BOOKS = Access.staff(Permission.VISIT_BOOK)
ALL = "all"
TIMES = tuple(f"{hour:02}:{minute:02}" for hour in range(8, 21) for minute in (0, 30))


class DayForm(CityForm):
    """One day unlike others, of one office or all."""

    day = DayField()
    office = SelectField(validate_choice=True)
    kind = SelectField(validate_choice=True)
    reason = SelectField(validate_choice=True)
    note = TextField(needed=False, longest=200)
    opens = SelectField(validate_choice=True)
    closes = SelectField(validate_choice=True)
    places = TextField(needed=False, reader=lambda typed: str(whole_number(typed, least=1, most=50)))

    def label(self, session: Session) -> "DayForm":
        """Labels and choices in the reader's language."""
        self.day.label.text = _("Day")
        self.office.label.text = _("Office")
        self.office.choices = [(ALL, _("All offices"))]
        self.office.choices += [(one.code, office_words(one.name)) for one in service.offices(session)]
        self.kind.label.text = _("What is different")
        self.kind.choices = [(str(kind), _(words)) for kind, words in rules.KIND_WORDS.items()]
        self.reason.label.text = _("Reason")
        self.reason.choices = [(str(reason), _(words)) for reason, words in rules.REASON_WORDS.items()]
        self.note.label.text = _("Note for everybody")
        self.note.description = _("In Japanese; shown as you write it.")
        self.opens.label.text, self.closes.label.text = _("Opens at (extra day)"), _("Closes at (extra day)")
        self.opens.choices = self.closes.choices = [(one, one) for one in TIMES]
        self.places.label.text = _("Places each half hour (extra day)")
        return self


@room.page("", access=DECIDES, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor) -> str:
    """The days ahead that are unlike others, and the form for one more."""
    form = DayForm.read(opens="09:00", closes="12:00", places="2").label(session)
    return _page(session, form)


def _page(session: Session, form: DayForm, refusal: Refusal | None = None) -> str:
    names = {one.code: one.name for one in service.offices(session)}
    return render_template(
        "reservations/days.html",
        form=form,
        days=[(one, names.get(one.office, one.office)) for one in days.coming(session)],
        kinds=rules.KIND_WORDS,
        reasons=rules.REASON_WORDS,
        waiting=Counter((one.office, one.day) for one in closing.to_rebook(session)),
        refusal=refusal,
    )


@room.page("", access=DECIDES, purpose=Purpose.OPERATION, methods=("POST",))
def write_down(session: Session, actor: Actor) -> Any:
    """Close or open a day; who planned to come is told."""
    form = DayForm.read().label(session)
    if not form.validate():
        return _page(session, form), 422
    codes = [one.code for one in service.offices(session)] if form.office.data == ALL else [form.office.data]
    words = DayWords(DayReason(form.reason.data), form.note.data)
    day = form.day.data
    assert isinstance(day, date)
    if form.kind.data == DayKind.CLOSED:
        closing.close(session, actor, codes, day, words)
    else:
        hours = time.fromisoformat(form.opens.data), time.fromisoformat(form.closes.data), int(form.places.data or 0)
        closing.open_extra(session, actor, codes, day, hours, words)
    return redirect(url_for(".show"), 303)


@room.blueprint.errorhandler(DayTaken)
@room.blueprint.errorhandler(DayUnknown)
def not_this_day(refusal: Refusal) -> Any:
    """The same page with what was typed, and why not."""
    with hall().database.page(g.actor, Purpose.OPERATION, writes=False) as session:
        return _page(session, DayForm.read().label(session), refusal), refusal.status


@room.page("/<int:day_id>/off", access=DECIDES, purpose=Purpose.OPERATION)
def ask_off(session: Session, actor: Actor, day_id: int) -> Any:
    """Asks once: people are told."""
    found = next((one for one in days.coming(session) if one.id == day_id), None)
    if found is None:
        return redirect(url_for(".show"), 303)
    is_closed = found.kind == DayKind.CLOSED
    told = _("The day is open again. Whoever still has a visit on it is told that it stands.")
    return render_template(
        "confirm.html",
        base="staff_base.html",
        question=_("Call this closing off?") if is_closed else _("Close this extra day?"),
        words=_("Call it off"),
        consequence=told
        if is_closed
        else _("The day is closed. Whoever has a visit on it is told to choose another time."),
        facts=[
            {"label": _("Day"), "value": show_date(found.day)},
            {"label": _("Office"), "value": office_words(staff.office_name(session, found.office))},
        ],
        action=url_for(".take_off", day_id=day_id),
        back=url_for(".show"),
    )


@room.page("/<int:day_id>/off", access=DECIDES, purpose=Purpose.OPERATION, methods=("POST",))
def take_off(session: Session, actor: Actor, day_id: int) -> Redirect:
    """Call it off; a second time changes nothing."""
    closing.take_off(session, actor, day_id)
    return redirect(url_for(".show"), 303)


@room.page("/kept", access=BOOKS, purpose=Purpose.OPERATION)
def kept(session: Session, actor: Actor) -> str:
    """Places kept for staff at one's own office on one day."""
    day = _day()
    return render_template(
        "reservations/kept.html",
        day=day,
        day_words=show_date(day),
        slots=closing.kept_of_day(session, actor.office, day),
        office=staff.office_name(session, actor.office),
        earlier=closing.open_day_near(session, actor.office, day, -1),
        later=closing.open_day_near(session, actor.office, day, 1),
    )


@room.page("/kept", access=BOOKS, purpose=Purpose.OPERATION, methods=("POST",))
def release(session: Session, actor: Actor) -> Redirect:
    """Give one kept place, or all of the day, to the public."""
    day, typed = _day(), request.form.get("slot", "")
    if typed.isascii() and typed.isdigit() and len(typed) < 10:
        closing.give_to_public(session, actor.office, int(typed))
    else:
        closing.give_day_to_public(session, actor.office, day)
    return redirect(url_for(".kept", day=day.isoformat()), 303)


def _day() -> date:
    try:
        day = date.fromisoformat(request.values.get("day", ""))
    except ValueError:
        return clock.today()
    return min(max(day, clock.today()), (clock.now() + rules.HORIZON).astimezone(clock.JST).date())
