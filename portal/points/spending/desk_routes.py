"""The desk where coupons are taken: a scanned code or a typed number, once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from wtforms import BooleanField

from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.crypto import signing_key
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.reference import read_reference
from portal.core.text import TextRefused
from portal.points.programmes.routes import KEEPER
from portal.points.programmes.rules import AnswerNeeded
from portal.points.spending import clashes, codes, rules, service
from portal.web.access import Access
from portal.web.forms import CityForm, TextField
from portal.web.hall import hall
from portal.web.headers import with_camera
from portal.web.i18n import gettext, language
from portal.web.room import Room

room = Room("coupon_desk", __name__, "/staff/coupons")
clash_room = Room("coupon_clashes", __name__, "/staff/coupon-clashes")
GONE = (rules.CouponUsed, rules.CouponEnded, rules.CouponShownAnew)
TAKES = Access.staff(Permission.WINDOW_SERVE)


@dataclass(frozen=True, slots=True)
class Presented:
    """Which coupon; when its holder showed it, None where only its number is known; when a desk without network took it."""

    reference: str
    shown_at: datetime | None = None
    taken_at: datetime | None = None


class CouponForm(CityForm):
    """What the scanner reads from a phone, or the number somebody reads out."""

    code = TextField(longest=200)
    late = BooleanField()

    def name_fields(self) -> None:
        """In the reader's language."""
        self.code.label.text = gettext("Code or number of the coupon")
        self.code.description = gettext("Scan the code on the phone, or type the twelve signs below it.")
        self.late.label.text = gettext("Taken without network")
        self.late.description = gettext("Only for codes that a desk took while it had no network, within a week.")


@room.page("", access=TAKES, purpose=Purpose.POINTS)
def desk(session: Session, actor: Actor) -> Response:
    """Take a coupon."""
    return _page(CouponForm.read())


def _page(form: CouponForm, refusal: Refusal | None = None, taken: str = "") -> Response:
    form.name_fields()
    return with_camera(render_template("spending/desk.html", form=form, refusal=refusal, taken=taken))


@room.page("", access=TAKES, purpose=Purpose.POINTS, methods=("POST",))
def take(session: Session, actor: Actor) -> Any:
    """The coupon is used up; what it is good for."""
    form = CouponForm.read()
    if not form.validate():
        return _page(form), 422
    try:
        what = presented(form)
        with session.begin_nested():
            found = service.use(session, actor, what.reference, shown_at=what.shown_at, taken_at=what.taken_at)
    except GONE as refusal:
        clash = clashed(session, actor, refusal, what, actor.label)
        return _page(form, clash), clash.status
    except (rules.CouponUnknown, rules.CouponElsewhere, rules.CodeOld) as refusal:
        return _page(form, refusal), refusal.status
    form.code.data = ""
    return _page(form, taken=found.text("title", language()))


def presented(form: CouponForm) -> Presented:
    """By a code of this minute, or as typed; by an older code, if the desk had no network then. Raises CodeOld,
    CouponUnknown."""
    typed, key = form.code.data or "", signing_key(hall().settings.master, codes.SIGNING).public_key()
    if ":" in typed and form.late.data:
        code = codes.read_late(key, typed, clock.now())
        return Presented(code.reference, code.written_at, code.written_at)
    if ":" in typed:
        code = codes.read(key, typed, clock.now())
        return Presented(code.reference, code.written_at)
    if form.late.data:
        raise rules.CodeOld
    try:
        return Presented(read_reference(typed))
    except TextRefused:
        raise rules.CouponUnknown from None


def clashed(session: Session, actor: Actor, refusal: Refusal, what: Presented, place: str) -> Refusal:
    """Handed over without network, and gone meanwhile: noted for staff. Else the refusal as it is."""
    session.expire_all()
    if what.taken_at is None or clashes.is_known(session, what.reference, actor.id, what.taken_at):
        return refusal
    clashes.note(session, what.reference, what.taken_at, place)
    return rules.CouponClashed()


# ---- staff look into coupons that were gone ---------------------------------------------------


@clash_room.page("", access=KEEPER, purpose=Purpose.POINTS)
def clashes_page(session: Session, actor: Actor) -> str:
    """Those that wait first."""
    return _clashes(session)


def _clashes(session: Session, refusal: Refusal | None = None) -> str:
    return render_template("spending/clashes.html", rows=clashes.clashes(session), refusal=refusal)


@clash_room.page("/<uuid:id>/settle", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def settle_clash(session: Session, actor: Actor, id: UUID) -> Any:
    """Say what it was."""
    try:
        with session.begin_nested():
            clashes.settle(session, actor, id, _note())
    except (rules.ClashSettled, AnswerNeeded) as refusal:
        session.expire_all()
        return _clashes(session, refusal), refusal.status
    return redirect(url_for(".clashes_page"), 303)


def _note() -> str:
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None
