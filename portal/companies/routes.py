"""Pages of companies: where they start, for which one somebody acts, and what is known of it."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import delegated, rules, service, successions
from portal.companies.branches import service as branches
from portal.companies.by_post import service as by_post
from portal.companies.rules import POWER_WORDS, PROFESSION_WORDS, ROLE_WORDS, Power
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.text import comparable, shown_again
from portal.web import session as web_session
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("companies", __name__, "/business")

FEW = 10  # so many companies are found by eye


@room.page("", access=Access.PUBLIC)
def front(session: Session, actor: Actor) -> str:
    """Where companies start."""
    mine = service.standings(session, actor.id) if actor.kind is Kind.BUSINESS else []
    mine = service.merged(mine)
    now = next((one for one in mine if one.company_id == actor.company), None)
    unread = service.unread(session, [now]) if now and Power.MAILBOX in now.powers else 0
    mailboxes = sum(Power.MAILBOX in one.powers for one in mine)
    return render_template("companies/front.html", mine=mine, now=now, unread=unread, mailboxes=mailboxes)


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
