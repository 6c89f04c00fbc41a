"""The pages of わたしのデータ."""

from datetime import date
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import ACTION_WORDS, PURPOSE_WORDS, Purpose
from portal.facts import service as facts
from portal.mailbox import service as mailbox
from portal.mydata import rules, service
from portal.residents import service as residents
from portal.web.access import Access
from portal.web.i18n import gettext, show_date, show_points
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
        mail_address=mailbox.address_of(session, actor.id),
        mobile=mailbox.mobile_of(session, actor.id),
        in_line=mailbox.in_line(session, actor.id),
        household_rows=[
            (member.name, _relation(member.relation), show_date(member.birth_date))
            for member in residents.household_of(session, person)
        ],
    )


@room.page("/facts", access=Access.RESIDENT)
def known(session: Session, actor: Actor) -> str:
    """What the city's sections know about me, and what they read only if I agree."""
    assert actor.id
    agreed = {consent.topic: consent for consent in reversed(facts.consents_of(session, actor.id))}
    return render_template(
        "mydata/facts.html",
        rows=[
            (gettext(facts.types()[fact.name].title), _value(fact), show_date(fact.since), fact.source)
            for fact in facts.facts_of(session, actor.id)
        ],
        topics=[(topic, agreed.get(topic.name)) for topic in facts.topics().values()],
        closed=[
            gettext(one.title) for one in facts.types().values() if one.consent and not _stands(agreed, one.consent)
        ],
    )


def _stands(agreed: dict[str, Any], topic: str) -> bool:
    return topic in agreed and agreed[topic].withdrawn_at is None


def _value(fact: facts.Known) -> str:
    kind = facts.types()[fact.name]
    if kind.kind is facts.FactKind.CHOICE:
        return gettext(kind.values[fact.value])
    if kind.kind is facts.FactKind.DATE:
        return show_date(date.fromisoformat(fact.value))
    return gettext("Yes") if kind.kind is facts.FactKind.YES else show_points(int(fact.value))


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
