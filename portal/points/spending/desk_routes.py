"""The desk where coupons are taken: a scanned code or a typed number, once."""

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.crypto import signing_key
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.reference import read_reference
from portal.core.text import TextRefused
from portal.points.spending import codes, rules, service
from portal.web.access import Access
from portal.web.forms import CityForm, TextField
from portal.web.hall import hall
from portal.web.i18n import gettext, language
from portal.web.room import Room

room = Room("coupon_desk", __name__, "/staff/coupons")
TAKES = Access.staff(Permission.WINDOW_SERVE)


class CouponForm(CityForm):
    """What the scanner reads from a phone, or the number somebody reads out."""

    code = TextField(longest=200)


@room.page("", access=TAKES, purpose=Purpose.POINTS)
def desk(session: Session, actor: Actor) -> str:
    """Take a coupon."""
    return _page(CouponForm.read())


def _page(form: CouponForm, refusal: Refusal | None = None, taken: str = "") -> str:
    form.code.label.text = gettext("Code or number of the coupon")
    form.code.description = gettext("Scan the code on the phone, or type the twelve signs below it.")
    return render_template("spending/desk.html", form=form, refusal=refusal, taken=taken)


@room.page("", access=TAKES, purpose=Purpose.POINTS, methods=("POST",))
def take(session: Session, actor: Actor) -> Any:
    """The coupon is used up; what it is good for."""
    form = CouponForm.read()
    if not form.validate():
        return _page(form), 422
    try:
        found = service.use(session, actor, reference_of(form.code.data or ""))
    except (rules.CouponUnknown, rules.CouponElsewhere, rules.CouponUsed, rules.CouponEnded, rules.CodeOld) as refusal:
        return _page(form, refusal), refusal.status
    form.code.data = ""
    return _page(form, taken=found.text("title", language()))


def reference_of(typed: str) -> str:
    """Of a code of this minute, or as typed. Raises CodeOld, CouponUnknown."""
    if ":" in typed:
        return codes.read(signing_key(hall().settings.master, codes.SIGNING).public_key(), typed, clock.now()).reference
    try:
        return read_reference(typed)
    except TextRefused:
        raise rules.CouponUnknown from None
