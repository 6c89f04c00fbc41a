"""Pages on which a company lets another one act for it, takes that back, and stops what was given at gBizID."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect
from wtforms import SelectField, SelectMultipleField

from portal.companies import asking, delegated, rules, service
from portal.companies.rules import DELEGABLE, POWER_WORDS, PROFESSION_WORDS, Power
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.web.access import Access, NotFound
from portal.web.forms import CityForm, DayField, Needed, TextField
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("company_delegations", __name__, "/business")


class DelegationForm(CityForm):
    """Whom, as what, for what, until when."""

    agent = TextField(
        N_("Number of the agent"),
        reader=rules.read_key,
        description=N_(
            "The corporate number (13 digits), or the number here of a sole proprietor. The agent signs in with its own "
            "gBizID."
        ),
        render_kw={"width": "medium"},
    )
    profession = SelectField(N_("As what they act"), [Needed()])
    scopes = SelectMultipleField(N_("What they may do"), [Needed()], render_kw={"component": "checkboxes"})
    ends_on = DayField(N_("Last day"), description=N_("At most three years from today."))

    def speak(self, reach: frozenset[Power]) -> "DelegationForm":
        """Labels and choices in the reader's language."""
        for field in self:
            field.label.text, field.description = _(field.label.text), _(field.description) if field.description else ""
        self.profession.choices = [(str(one), _(words)) for one, words in PROFESSION_WORDS.items()]
        self.scopes.choices = [(str(one), _(POWER_WORDS[one])) for one in DELEGABLE if one in reach]
        return self

    def is_sound(self) -> bool:
        """All fields, at least one thing to do, and a last day that is neither past nor far."""
        sound = self.validate()
        last, today = self.ends_on.data, clock.today()
        if isinstance(last, date) and not today <= last <= today + rules.LONGEST_DELEGATION:
            self.ends_on.errors = [_("Choose a day from today to three years from now.")]
        return bool(sound and not self.ends_on.errors)


@room.page("/delegations/new", access=Access.BUSINESS)
def new_delegation(session: Session, actor: Actor) -> str:
    """Let another company act for mine."""
    now = service.standing(session, actor, Power.PEOPLE)
    return render_template("companies/delegation.html", form=DelegationForm.read().speak(now.powers))


@room.page("/delegations/new", access=Access.BUSINESS, methods=("POST",))
def delegate(session: Session, actor: Actor) -> Any:
    """Give the delegation, once it was read who the agent is; from then on the agent can choose this company."""
    now = service.standing(session, actor, Power.PEOPLE)
    form = DelegationForm.read().speak(now.powers)
    if form.is_sound():
        agent = service.bidder_of(session, form.agent.data or "")
        if agent and agent.id not in (now.company_id, now.head) and request.form.get("sure") != "yes":
            powers = [_(POWER_WORDS[Power(one)]) for one in form.scopes.data or []]
            return asking.before_delegating(form, agent, rules.show_number(agent.key), powers)
        try:
            service.delegate(
                session, actor, agent_key=form.agent.data or "", profession=form.profession.data,
                scopes=form.scopes.data or [], ends_on=form.ends_on.data or clock.today(),
            )  # fmt: skip
            return redirect("/business/company", 303)
        except (rules.AgentUnknown, rules.AgentIsSelf) as refusal:
            form.agent.errors = [_said(refusal)]
    return render_template("companies/delegation.html", form=form), 422


def _said(refusal: Refusal) -> str:
    return f"{_(refusal.message)} {_(refusal.next_step)}"


@room.page("/delegations/<uuid:delegation_id>/revoke", access=Access.BUSINESS)
def ask_revoke(session: Session, actor: Actor, delegation_id: UUID) -> str:
    """Asks once: the agent is out from this moment."""
    now = service.standing(session, actor, Power.PEOPLE)
    name = next(
        (name for one, name, *_rest in service.delegations(session, now.company_id) if one.id == delegation_id), None
    )
    if name is None:
        raise NotFound
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Take this delegation back?"),
        words=_("Take it back"),
        consequence=_("The agent can no longer act for your company. You can give a new delegation at any time."),
        facts=[{"label": _("Agent"), "value": name}],
        action=f"/business/delegations/{delegation_id}/revoke",
        back="/business/company",
    )


@room.page("/delegations/<uuid:delegation_id>/revoke", access=Access.BUSINESS, methods=("POST",))
def revoke(session: Session, actor: Actor, delegation_id: UUID) -> Redirect:
    """Take a delegation back."""
    service.revoke(session, actor, delegation_id)
    return redirect("/business/company", 303)


@room.page("/gbizid-delegations/<uuid:delegation_id>/stop", access=Access.BUSINESS)
def ask_stop(session: Session, actor: Actor, delegation_id: UUID) -> str:
    """Asks once: the person is out from this moment."""
    now = service.standing(session, actor, Power.PEOPLE)
    found = {one.id: name for one, name in delegated.of_company(session, now.company_id)}
    if delegation_id not in found:
        raise NotFound
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Stop this delegation here?"),
        words=_("Stop it"),
        consequence=_(
            "This person can no longer act for your company here. End the delegation at gBizID too: other public bodies "
            "still see it."
        ),
        facts=[{"label": _("Who"), "value": found[delegation_id]}],
        action=f"/business/gbizid-delegations/{delegation_id}/stop",
        back="/business/company",
    )


@room.page("/gbizid-delegations/<uuid:delegation_id>/stop", access=Access.BUSINESS, methods=("POST",))
def stop(session: Session, actor: Actor, delegation_id: UUID) -> Redirect:
    """Nobody acts by it here any more."""
    now = service.standing(session, actor, Power.PEOPLE)
    delegated.stop(session, actor, now.company_id, delegation_id)
    return redirect("/business/company", 303)
