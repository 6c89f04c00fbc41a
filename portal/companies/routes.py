"""Pages of companies: sign-in with gBizID, for which company one acts, who else may, the mailbox, and the register."""

from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect
from wtforms import SelectField, SelectMultipleField

from portal.companies import asking, delegated, gbizid, rules, service, successions
from portal.companies.branches import service as branches
from portal.companies.by_post import service as by_post
from portal.companies.names import PREFECTURES
from portal.companies.rules import DELEGABLE, POWER_WORDS, PROFESSION_WORDS, ROLE_WORDS, Power
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.text import comparable, shown_again
from portal.core.words import N_
from portal.web import session as web_session
from portal.web.access import Access, NotFound
from portal.web.cookies import cookie
from portal.web.forms import CityForm, DayField, Needed, TextField
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.pages import page_number
from portal.web.room import Room
from portal.web.way_back import way_back

room = Room("companies", __name__, "/business")

FEW = 10  # so many companies are found by eye
CAUSES = {"01": N_("Closed after liquidation"), "11": N_("Merged into another corporation"),
          "21": N_("Struck off by the registrar"), "31": N_("Closed for another reason")}  # fmt: skip


# --- sign-in --------------------------------------------------------------------------------------------------------


@room.page("", access=Access.PUBLIC)
def front(session: Session, actor: Actor) -> str:
    """Where companies start."""
    mine = service.standings(session, actor.id) if actor.kind is Kind.BUSINESS else []
    mine = service.merged(mine)
    now = next((one for one in mine if one.company_id == actor.company), None)
    unread = service.unread(session, [now]) if now and Power.MAILBOX in now.powers else 0
    mailboxes = sum(Power.MAILBOX in one.powers for one in mine)
    return render_template("companies/front.html", mine=mine, now=now, unread=unread, mailboxes=mailboxes)


@room.page("/sign-in", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def sign_in_form(session: Session, actor: Actor) -> str | Redirect:
    """The sign-in page of companies."""
    if actor.kind is Kind.BUSINESS:
        return redirect(way_back("/business"), 303)
    return render_template(
        "companies/sign_in.html",
        offered=bool(hall().settings.gbizid_issuer),
        go=f"/business/sign-in/gbizid?next={quote(way_back('/business'), safe='/')}",
    )


def _redirect_uri() -> str:
    """Where the provider sends the browser back to. The demo answers under every name of the loopback address."""
    settings = hall().settings
    here = settings.demo and request.host
    return (request.host_url if here else settings.base_url).rstrip("/") + "/business/sign-in/back"


def _begin() -> gbizid.Begun:
    return gbizid.begin(hall().settings, _redirect_uri(), way_back("/business"))


@room.page("/sign-in/gbizid", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, before=_begin)
def go_to_provider(session: Session, actor: Actor, found: gbizid.Begun) -> Redirect:
    """To gBizID; what must come back is sealed in a cookie, nothing is written."""
    g.cookies_to_set[web_session.OIDC_COOKIE] = found.cookie
    return redirect(found.address, 303)


@room.page("/sign-in/back", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def come_back(session: Session, actor: Actor) -> str:
    """Back from gBizID. Reading a page never signs anybody in, so the last step is a form that the browser sends."""
    if request.args.get("error"):
        raise gbizid.SignInBroken
    return render_template(
        "companies/come_back.html",
        code=request.args.get("code", "")[:500],
        state=shown_again(request.args.get("state", ""), longest=200),
    )


def _finish() -> tuple[dict[str, Any], str]:
    return gbizid.finish(
        hall().settings,
        _redirect_uri(),
        cookie=cookie(web_session.OIDC_COOKIE),
        state=request.form.get("state", ""),
        code=request.form.get("code", ""),
    )


@room.page("/sign-in/finish", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",), before=_finish)
def finish(session: Session, actor: Actor, found: tuple[dict[str, Any], str]) -> Redirect:
    """Begin a session of the person gBizID named, for their own company."""
    claims, next_page = found
    who, has_company = service.recognise(session, claims)
    web_session.sign_in(session, who)
    g.cookies_to_set[web_session.OIDC_COOKIE] = ""
    return redirect(next_page if has_company else "/business/companies", 303)


@room.page("/sign-out", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",))
def sign_out(session: Session, actor: Actor) -> Redirect:
    """End the session of this browser."""
    web_session.end_this(session)
    return redirect("/business", 303)


# --- for whom -------------------------------------------------------------------------------------------------------


@room.page("/companies", access=Access.BUSINESS)
def companies(session: Session, actor: Actor) -> str:
    """Every company this person may act for, and the choice among them."""
    mine, typed = service.standings(session, actor.id), shown_again(request.args.get("q", ""), longest=60).strip()
    why_none = "" if mine else _(rules.UNPROVED if actor.assurance < 2 else rules.COMPANY_UNKNOWN)
    first = next((one.company_id for one in mine if one.role), None)
    found = sorted(
        (one for one in mine if _fits(one, typed)),
        key=lambda one: (one.company_id != actor.company, one.company_id != first, one.name, one.key),
    )
    return render_template(
        "companies/companies.html",
        lines=[(one, rules.show_number(one.key), _role(one), _powers(one.powers)) for one in found],
        total=len(mine),
        few=FEW,
        typed=typed,
        unproved=not mine and actor.assurance < 2,
        now=actor.company,
        why_none=why_none,
    )


def _fits(one: rules.Standing, typed: str) -> bool:
    """A part of the name, or of the number however it is written; of names the width does not matter."""
    number = comparable(typed).replace("-", "")
    return comparable(typed) in comparable(one.name) or (
        bool(number) and number in comparable(one.key).replace("-", "")
    )


def _role(one: rules.Standing) -> str:
    if one.role:
        return _(ROLE_WORDS[rules.Role(one.role)])
    if one.at_gbizid:
        return _("By delegation at gBizID until %(day)s", day=one.until)
    return _("By delegation until %(day)s", day=one.until)


def _powers(powers: frozenset[Power]) -> list[str]:
    return [_(words) for power, words in POWER_WORDS.items() if power in powers]


@room.page("/companies/<uuid:company_id>/act-for", access=Access.BUSINESS, methods=("POST",))
def act_for(session: Session, actor: Actor, company_id: UUID) -> Redirect:
    """From now on act for this company."""
    web_session.sign_in(session, service.act_for(session, actor, company_id))
    return redirect("/business", 303)


# --- the company ----------------------------------------------------------------------------------------------------


@room.page("/company", access=Access.BUSINESS)
def company(session: Session, actor: Actor) -> str:
    """What is known of the company; to its own people also who acts for it, and whom it lets act. Whom it lets act sees
    of that no more than their own delegations."""
    now = service.standing(session, actor)
    found, row = service.register_row(session, now.company_id)
    return render_template(
        "companies/company.html",
        company=found,
        number=rules.show_number(found.key),
        row=row,
        now=now,
        basics=Power.BASICS in now.powers or bool(now.role),
        given=_given(session, actor, now),
        may_decide=Power.PEOPLE in now.powers and not now.closed,
        may_end=Power.PEOPLE in now.powers,
        **(_of_own_people(session, now, found) if now.role else {}),
    )


def _of_own_people(session: Session, now: rules.Standing, found: Any) -> dict[str, Any]:
    return {
        "people": [(one, _(ROLE_WORDS[rules.Role(one.role)])) for one in service.people_of(session, found.id)],
        "branches": branches.of_company(session, found.id),
        "at_gbizid": [
            (one, name, _powers(rules.powers_of(one.scopes)), delegated.holds(one))
            for one, name in delegated.of_company(session, found.id)
        ],
        "letters": by_post.of_company(session, found.key) if Power.PEOPLE in now.powers else (),
        "merged": [(one, name, rules.show_number(key)) for one, name, key in successions.into(session, found.key)],
        "sole_and_own": found.kind == rules.Kind.SOLE and now.role == rules.Role.PRIME,
    }


def _given(session: Session, actor: Actor, now: rules.Standing) -> list[Any]:
    """The delegations of a company, to an agent those to its own firm alone."""
    today = clock.today()
    own = {one.company_id for one in service.standings(session, actor.id) if one.role and one.head is None}
    return [
        (one, name, rules.show_number(key), _(PROFESSION_WORDS[rules.Profession(one.profession)]),
         _powers(rules.powers_of(one.scopes)), one.revoked_at is None and one.ends_on >= today and closed_on is None)
        for one, name, key, closed_on in service.delegations(session, now.company_id)
        if now.role or one.agent_id in own
    ]  # fmt: skip


@room.page("/successions/<uuid:company_id>/take-over", access=Access.BUSINESS, methods=("POST",))
def take_over(session: Session, actor: Actor, company_id: UUID) -> Redirect:
    """Read from now on what comes to a company that was merged into mine."""
    successions.take_over(session, service.standing(session, actor, Power.PEOPLE), actor, company_id)
    return redirect("/business/companies", 303)


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


# --- the register ---------------------------------------------------------------------------------------------------


@room.page("/search", access=Access.PUBLIC, purpose=Purpose.CHECK)
def search(session: Session, actor: Actor) -> str:
    """Find a corporation in the national register by a part of its name, its kana or its number."""
    typed = shown_again(request.args.get("q", ""), longest=100)
    prefecture = request.args.get("prefecture", "")
    prefecture = prefecture if prefecture in PREFECTURES else ""
    closed = request.args.get("closed") == "yes"
    found = service.search(session, typed, prefecture=prefecture, closed=closed, page=page_number()) if typed else None
    too_short = bool(typed) and not rules.query_key(typed)
    return render_template(
        "companies/search.html",
        typed=typed,
        prefecture=prefecture,
        closed=closed,
        prefectures=[(name, name) for name in PREFECTURES],
        found=found,
        page_url=lambda number: url_for(
            ".search", q=typed, prefecture=prefecture or None, closed="yes" if closed else None, page=number
        ),
        lines=[(one, rules.show_number(one.number)) for one in found.lines] if found else [],
        too_short=too_short,
    )


@room.page("/corporations/<number>", access=Access.PUBLIC, purpose=Purpose.CHECK)
def corporation(session: Session, actor: Actor, number: str) -> str:
    """One corporation as the national register tells it."""
    row = service.corporation(session, number)
    if row is None:
        raise NotFound
    after = service.corporation(session, str(row.successor)) if row.successor else None
    return render_template(
        "companies/corporation.html",
        row=row,
        number=rules.show_number(number),
        cause=_(CAUSES.get(row.close_cause, CAUSES["31"])) if row.closed_on else "",
        successor=(str(after.number), after.name) if after else None,
    )
