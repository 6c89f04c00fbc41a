"""The desk where coupons are taken: a scanned code or a typed number, once."""

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
GONE = (rules.CouponUsed, rules.CouponEnded)
TAKES = Access.staff(Permission.WINDOW_SERVE)


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
        reference, taken_at = presented(form)
        with session.begin_nested():
            found = service.use(session, actor, reference, taken_at=taken_at)
    except GONE as refusal:
        clash = clashed(session, actor, refusal, reference, taken_at, actor.label)
        return _page(form, clash), clash.status
    except (rules.CouponUnknown, rules.CouponElsewhere, rules.CodeOld) as refusal:
        return _page(form, refusal), refusal.status
    form.code.data = ""
    return _page(form, taken=found.text("title", language()))


def presented(form: CouponForm) -> tuple[str, datetime | None]:
    """Which coupon: of a code of this minute, or as typed; of an older code, and when it was shown, if the desk had no
    network then. Raises CodeOld, CouponUnknown."""
    typed, key = form.code.data or "", signing_key(hall().settings.master, codes.SIGNING).public_key()
    if ":" in typed and form.late.data:
        code, taken_at = codes.read_late(key, typed, clock.now())
        return code.reference, taken_at
    if ":" in typed:
        return codes.read(key, typed, clock.now()).reference, None
    if form.late.data:
        raise rules.CodeOld
    try:
        return read_reference(typed), None
    except TextRefused:
        raise rules.CouponUnknown from None


def clashed(
    session: Session, actor: Actor, refusal: Refusal, reference: str, taken_at: datetime | None, place: str
) -> Refusal:
    """Handed over without network, and gone meanwhile: noted for staff. Else the refusal as it is."""
    session.expire_all()
    if taken_at is None or clashes.is_known(session, reference, actor.id, taken_at):
        return refusal
    clashes.note(session, reference, taken_at, place)
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
