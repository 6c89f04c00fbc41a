"""The pages of わたしのデータ."""

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import ACTION_WORDS, PURPOSE_WORDS, Purpose
from portal.mydata import rules, service
from portal.residents import service as residents
from portal.web.access import Access
from portal.web.i18n import gettext, show_date
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("mydata", __name__, "/my-data")
# What only the city's own clockwork or the person writes is no reason a reader would look for.
SHOWN_PURPOSES = [purpose for purpose in Purpose if purpose not in (Purpose.OWN_USE, Purpose.OPERATION)]


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """What the register says about me and my household."""
    assert actor.id
    person = residents.look_up(session, actor.id)
    return render_template(
        "mydata/show.html",
        person=person,
        household_rows=[
            (member.name, _relation(member.relation), show_date(member.birth_date))
            for member in residents.household_of(session, person)
        ],
    )


def _relation(registered: str) -> str:
    known = rules.RELATION_WORDS.get(registered)
    return gettext(known) if known else registered


@room.page("/looks", access=Access.RESIDENT)
def looks(session: Session, actor: Actor) -> str:
    """Who looked at my data, when, from which office, and why."""
    assert actor.id
    why = request.args.get("why", "")
    found = service.looks_at(
        session,
        actor.id,
        page=page_number(),
        why=why if why in SHOWN_PURPOSES else "",
    )
    rows = [
        {
            "at": look.at,
            "times": times,
            "who": look.who,
            "action": gettext(ACTION_WORDS.get(look.action, look.action)),
            "what": gettext(rules.what_words(look.what, look.action)),
            "why": gettext(PURPOSE_WORDS[Purpose(look.why)]),
            "case_ref": look.case_ref,
        }
        for look, times in service.told_once(found.rows)
    ]
    return render_template(
        "mydata/looks.html",
        rows=rows,
        page=found.page,
        pages=found.pages,
        why=why,
        purposes=[(str(purpose), gettext(PURPOSE_WORDS[purpose])) for purpose in SHOWN_PURPOSES],
        page_url=lambda number: url_for(".looks", page=number, why=why or None),
    )
