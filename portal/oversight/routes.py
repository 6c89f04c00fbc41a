"""The page of the auditor and the security manager."""

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import ACTION_WORDS, PURPOSE_WORDS, Purpose
from portal.core.permissions import Permission
from portal.mydata import service as mydata
from portal.oversight import service
from portal.web import offices
from portal.web.access import Access
from portal.web.i18n import gettext, language, office_words
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("oversight", __name__, "/staff/records")


@room.page("", access=Access.staff(Permission.AUDIT_READ), purpose=Purpose.OVERSIGHT)
def records(session: Session, actor: Actor) -> str:
    """Who opened which kind of data, and why."""
    who = request.args.get("who", "").strip()[:100]
    why = request.args.get("why", "")
    why = why if why in set(Purpose) else ""
    refused = request.args.get("refused") == "yes"
    page = page_number()
    lines, more = service.records(
        session, who=offices.in_japanese(who, language()), why=why, refused_only=refused, page=page
    )
    purposes = {str(purpose): gettext(words) for purpose, words in PURPOSE_WORDS.items()}
    return render_template(
        "oversight/records.html",
        lines=lines,
        more=more,
        page=page,
        who=who,
        why=why,
        refused=refused,
        purposes=purposes,
        what_words=lambda line: gettext(mydata.what_words(line.what, line.action)),
        action_words={str(action): gettext(words) for action, words in ACTION_WORDS.items()},
        busiest=[(office_words(label), times, f"{times:,}") for label, times in service.busiest(session)],
        page_url=lambda number: url_for(".records", page=number, who=who, why=why, refused="yes" if refused else None),
    )
