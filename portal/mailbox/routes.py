"""The list of the resident's mailbox."""

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.mailbox import lines, service
from portal.web.access import Access
from portal.web.i18n import language
from portal.web.room import Room
from portal.web.templating import macro

room = Room("mailbox", __name__)


@room.page("/mailbox", access=Access.RESIDENT)
def show_all(session: Session, actor: Actor) -> str:
    """My notices, newest first."""
    assert actor.id
    code = language()
    before = lines.before_number()
    draw = lines.drawer(macro("mailbox/line.html", "line"), code, actor.assurance, clock.today())
    drawn, older, is_cut, unread, overdue = service.lines(session, actor.id, language=code, before=before, draw=draw)
    return render_template(
        "mailbox/list.html",
        lines=Markup("".join(drawn)),  # noqa: S704 - each is made by a macro
        older=older,
        is_cut=is_cut,
        unread=unread,
        overdue=overdue,
        is_first=before is None,
    )
