"""The certificate as data: its owner chooses what of it to show, and takes that along as a file."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from portal.certificates import handing_on, service
from portal.core.actor import Actor
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext, show_date
from portal.web.room import Room

DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")

room = Room("certificate_data", __name__, "/certificates")


@room.page("/<uuid:id>/data", access=Access.RESIDENT)
def choose(session: Session, actor: Actor, id: UUID) -> str:
    """What stands on the certificate, line by line."""
    return _page(session, actor, id)


@room.page("/<uuid:id>/data", access=Access.RESIDENT, methods=("POST",))
def take(session: Session, actor: Actor, id: UUID) -> Any:
    """The electronic certificate with the chosen lines."""
    assert actor.id
    chosen = request.form.getlist("shown")
    desk, order = service.open_desk(hall().settings), service.own(session, actor.id, id)
    lines = handing_on.lines(session, desk, order)
    shown = {place for place in range(len(lines)) if str(place) in chosen}
    if not shown:
        return _page(session, actor, id, gettext("Please choose at least one line.")), 422
    text = handing_on.electronic(session, desk, order, shown)
    headers = {"Content-Disposition": f'attachment; filename="certificate-{order.reference}.sd-jwt"'}
    return Response(text, mimetype="application/dc+sd-jwt", headers=headers)


def _readable(value: str) -> str:
    """Dates as people read them; in the file they stay as programs do."""
    return DATE.sub(lambda found: show_date(date.fromisoformat(found[0])), value)


def _page(session: Session, actor: Actor, id: UUID, error: str = "") -> str:
    assert actor.id
    order = service.own(session, actor.id, id)
    lines = handing_on.lines(session, service.open_desk(hall().settings), order)
    options = [(str(place), f"{gettext(line.label)}: {_readable(line.value)}") for place, line in enumerate(lines)]
    return render_template(
        "certificates/data.html",
        order=order,
        options=options,
        chosen=request.form.getlist("shown"),
        name=gettext(service.title_of(order.options, order.kind)),
        error=error,
    )
