"""Where points can be paid with: residents' list of shops by ward; and what a shop says of itself there."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.addresses import WARDS
from portal.core.audit import Purpose
from portal.points.partners import contracts, presenting
from portal.points.partners.forms import PresenceForm
from portal.web import throttle
from portal.web.access import Access
from portal.web.room import Room

room = Room("shop_places", __name__, "/points/shops")


@room.page("/list", access=Access.RESIDENT)
def show_all(session: Session, actor: Actor) -> str:
    """Shops that take points today."""
    ward = request.args.get("ward", "")
    ward = ward if ward in WARDS else ""
    return render_template("partners/places.html", found=presenting.open_now(session, ward), wards=WARDS, ward=ward)


@room.page("/<uuid:id>/presence", access=Access.RESIDENT, purpose=Purpose.POINTS)
def edit(session: Session, actor: Actor, id: UUID) -> str:
    """Address, telephone and opening words as they are now."""
    assert actor.id
    shop = contracts.own(session, actor.id, id)
    form = PresenceForm.read(**{name: getattr(shop, name) for name in presenting.FIELDS})
    return render_template("partners/presence.html", shop=shop, form=form)


@room.page("/<uuid:id>/presence", access=Access.RESIDENT, purpose=Purpose.POINTS, methods=("POST",))
def save(session: Session, actor: Actor, id: UUID) -> Any:
    """Shown at once; everybody who acts for the shop is told."""
    assert actor.id
    shop, form = contracts.own(session, actor.id, id), PresenceForm.read()
    if not form.validate():
        return render_template("partners/presence.html", shop=shop, form=form), 422
    throttle.guard_day(session, "partner-presence", str(shop.id), limit=20)
    presenting.change(session, actor.id, shop, form.facts())
    return redirect(url_for("shop.show", id=id), 303)
