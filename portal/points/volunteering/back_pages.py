"""The page on which paid hours are taken back, for an organisation's people and for the city's section."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import redirect, render_template, url_for
from sqlalchemy.orm import Session

from portal.core.errors import Refusal
from portal.points.ledger.rules import PotEmpty
from portal.points.programmes import debts
from portal.points.programmes.rules import NoTerms
from portal.points.volunteering import back_rules, taking_back
from portal.points.volunteering.boards import Desk
from portal.points.volunteering.forms import BackForm
from portal.points.volunteering.models import VolunteerTakeback
from portal.points.volunteering.taking_back import Wish
from portal.residents import service as residents

REFUSED = (
    back_rules.NothingPaid, back_rules.BackTooLate, back_rules.BackOver, back_rules.BackWaiting, back_rules.NotFewer,
    PotEmpty, NoTerms,
)  # fmt: skip


def show(
    desk: Desk, session: Session, place_id: UUID, refusal: Refusal | None = None, form: BackForm | None = None
) -> str:
    """What was paid, and what is to count instead. The name is opened here and on record with the person."""
    place, one = taking_back.place_of(session, place_id)
    person = residents.look_up(session, place.resident_id, case_ref=str(one.id)[:8])
    points = debts.paid(session, f"place:{place.id}")
    return render_template(
        "volunteering/back.html",
        desk=desk,
        activity=one,
        place=place,
        name=person.known_as,
        points=points,
        needs_second=back_rules.needs_second(points),
        form=form or form_for(is_event=one.is_event),
        refusal=refusal,
    )


def form_for(*, is_event: bool) -> BackForm:
    """At an event one was there or not."""
    form = BackForm.read()
    if is_event:
        del form.minutes
    return form


def ask(desk: Desk, session: Session, place_id: UUID, deed: Callable[[Wish], VolunteerTakeback]) -> Any:
    """Take it back, or have a second person decide."""
    _place, one = taking_back.place_of(session, place_id)
    form = form_for(is_event=one.is_event)
    if not form.validate():
        return show(desk, session, place_id, form=form), 422
    wish = Wish(0 if one.is_event else int(form.minutes.data or 0), form.why.data or "")
    try:
        with session.begin_nested():
            deed(wish)
    except REFUSED as refusal:
        session.expire_all()
        return show(desk, session, place_id, refusal, form), refusal.status
    return redirect(url_for(f"{desk.room}.board", id=one.id), 303)
