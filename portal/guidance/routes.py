"""Pages of residents: what is for me, every programme with why and why not, what I agreed to."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import service as applications
from portal.core.actor import Actor
from portal.facts import service as facts
from portal.guidance import catalogue, showing, why, wording
from portal.guidance.rules import SITUATION_WORDS, Situation, State
from portal.guidance.schema import Rule
from portal.guidance.showing import Shown
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("guidance", __name__, "/guidance")

PAGES = {"vaccinations": "/guidance/vaccinations", "card": "/my-card"}


@room.page("", access=Access.RESIDENT)
def for_me(session: Session, actor: Actor) -> str:
    """What the city thinks concerns me now, why, and by when."""
    assert actor.id
    lines = showing.of_resident(session, actor.id)
    own = {person: _facts_of(session, person) for person in {line.subject_id for line in lines}}
    return render_template(
        "guidance/for_me.html",
        lines=[_line(line, own[line.subject_id]) for line in lines],
        away=[(number, _(rule.title)) for number, rule in showing.put_away_lines(session, actor.id)],
        offers=_offers(session, actor.id),
    )


def _facts_of(session: Session, person: UUID) -> dict[str, str]:
    return {fact.name: fact.value for fact in facts.facts_of(session, person)}


def _line(line: Shown, own: dict[str, str]) -> dict[str, Any]:
    rule = line.rule
    reasons = [wording.occasion(rule, line.occasion), *(wording.condition(one, own) for one in rule.who)]
    if rule.consent:
        reasons.append(_("You agreed that the city looks at: %(topic)s", topic=_(facts.topics()[rule.consent].title)))
    address, words = leads_to(rule)
    return {
        "number": line.number,
        "title": _(rule.title),
        "text": _(rule.text),
        "about": line.about,
        "is_task": rule.kind == "task",
        "due": line.due_on,
        "why": [sentence for sentence in reasons if sentence],
        "href": address,
        "words": words,
        "name": rule.name,
        "situation": _(SITUATION_WORDS[rule.situation]),
    }


def leads_to(rule: Rule) -> tuple[str, str]:
    """(address, words of the button) of what a rule leads to."""
    leads = rule.leads
    if leads.procedure:
        title = applications.procedure_title(leads.procedure)
        if title:
            return f"/procedures/{leads.procedure}", _("Start: %(procedure)s", procedure=_(title))
    if leads.guide:
        return f"/guide/{leads.guide}", _("Make my list")
    if leads.page:
        return PAGES[leads.page], _("See the vaccination record") if leads.page == "vaccinations" else _("My city card")
    return url_for("guidance.programme", name=rule.name), _("How to use it")


def _offers(session: Session, resident_id: UUID) -> list[tuple[str, int]]:
    """(title of the topic, programmes) that can be told only with a consent the reader has not given."""
    topics = facts.topics().values()
    return [
        (_(topic.title), len(catalogue.with_consent(topic.name)))
        for topic in topics
        if not facts.has_consent(session, resident_id, topic.name) and catalogue.with_consent(topic.name)
    ]


@room.page("/<int:number>/dismiss", access=Access.RESIDENT, methods=("POST",))
def dismiss(session: Session, actor: Actor, number: int) -> Redirect:
    """Not shown again, unless taken back."""
    showing.put_away(session, actor, number, state=State.DISMISSED)
    return redirect(url_for(".for_me"), 303)


@room.page("/<int:number>/snooze", access=Access.RESIDENT, methods=("POST",))
def snooze(session: Session, actor: Actor, number: int) -> Redirect:
    """Shown again in a month."""
    showing.put_away(session, actor, number, state=State.SNOOZED)
    return redirect(url_for(".for_me"), 303)


@room.page("/<int:number>/back", access=Access.RESIDENT, methods=("POST",))
def take_back(session: Session, actor: Actor, number: int) -> Redirect:
    """Shown again at once."""
    showing.put_away(session, actor, number, state=State.OPEN)
    return redirect(url_for(".for_me"), 303)


@room.page("/programmes", access=Access.PUBLIC)
def programmes(session: Session, actor: Actor) -> str:
    """Everything the city tells people of by itself, by part of life."""
    found = [
        (_(SITUATION_WORDS[part]), [(one.name, _(one.title)) for one in catalogue.rules().values() if one.situation is part])
        for part in Situation
    ]  # fmt: skip
    return render_template("guidance/programmes.html", parts=[part for part in found if part[1]])


@room.page("/programmes/<name>", access=Access.PUBLIC)
def programme(session: Session, actor: Actor, name: str) -> str:
    """One programme: what it is, whom it concerns, and, for who is signed in, what fits and what does not."""
    rule = catalogue.find(name)
    address, words = leads_to(rule)
    found = why.programme(session, actor.id, rule) if actor.id and actor.kind == "resident" else None
    return render_template(
        "guidance/programme.html",
        rule=rule,
        situation=_(SITUATION_WORDS[rule.situation]),
        occasion=wording.occasion(rule),
        conditions=[wording.condition(one) for one in rule.who],
        topic=_(facts.topics()[rule.consent].title) if rule.consent else "",
        answers=None if found is None else [_answers(rule, one) for one in found],
        href=address if any(rule.leads.model_dump().values()) else "",
        words=words,
    )


def _answers(rule: Rule, found: why.Programme) -> dict[str, Any]:
    rows = [
        (wording.condition(answer.condition) if answer.holds is not None else _hidden(answer), answer.holds)
        for answer in found.answers
    ]
    if words := wording.occasion(rule):
        rows.insert(0, (_("In time: %(occasion)s", occasion=words), found.in_time))
    if found.consents is not None:
        topic = _(facts.topics()[rule.consent].title)
        rows.append((_("You agreed that the city looks at: %(topic)s", topic=topic), found.consents))
    return {"about": found.about, "fits": found.fits, "rows": rows}


def _hidden(answer: why.Answer) -> str:
    """What is not looked at: without consent, or because it is about somebody else."""
    if answer.condition.household or answer.condition.guards:
        return _(wording.HIDDEN)
    return wording.condition(answer.condition)


@room.page("/consents", access=Access.RESIDENT)
def consents(session: Session, actor: Actor) -> str:
    """What the city may look at to guide me: since when, for which programmes; given and taken back here."""
    assert actor.id
    given = facts.consents_of(session, actor.id)
    topics = [
        {
            "name": topic.name,
            "title": _(topic.title),
            "text": _(topic.text),
            "since": next((one.given_at for one in given if one.topic == topic.name and not one.withdrawn_at), None),
            "ended": [one for one in given if one.topic == topic.name and one.withdrawn_at],
            "programmes": [(rule.name, _(rule.title)) for rule in catalogue.with_consent(topic.name)],
            "facts": [_(known.title) for known in facts.types().values() if known.consent == topic.name],
        }
        for topic in facts.topics().values()
    ]
    return render_template("guidance/consents.html", topics=topics)


@room.page("/consents/<topic>/give", access=Access.RESIDENT, methods=("POST",))
def give(session: Session, actor: Actor, topic: str) -> Redirect:
    """Agree; the next run may tell of more programmes."""
    assert actor.id
    facts.give_consent(session, actor.id, topic)
    showing.look_again(session, actor.id)
    return redirect(url_for(".consents"), 303)


@room.page("/consents/<topic>/withdraw", access=Access.RESIDENT, methods=("POST",))
def withdraw(session: Session, actor: Actor, topic: str) -> Redirect:
    """Take it back: from this moment nothing is looked at, and what needed it is not shown any more."""
    assert actor.id
    facts.withdraw_consent(session, actor.id, topic)
    return redirect(url_for(".consents"), 303)
