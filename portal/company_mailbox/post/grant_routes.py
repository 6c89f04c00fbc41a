"""The page where a company says who reads its confidential notices."""

from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service
from portal.companies.service import PowerOf as Power
from portal.core.actor import Actor
from portal.web.access import Access
from portal.web.room import Room

room = Room("company_grants", __name__, "/business/mailbox/grants")


@room.page("", access=Access.BUSINESS)
def show(session: Session, actor: Actor) -> str:
    """Who reads them now, who did, and who decided that."""
    now = service.standing(session, actor, Power.PEOPLE)
    lines = service.grant_lines(session, now.company_id)
    return render_template(
        "post/grants.html",
        now=now,
        lines=[(one, service.show_number(one.number) if one.number else "") for one in lines],
        history=service.grant_history(session, now.company_id),
        done=request.args.get("done", ""),
    )


@room.page("/<uuid:who>/give", access=Access.BUSINESS, methods=("POST",))
def give(session: Session, actor: Actor, who: UUID) -> Redirect:
    """Let them read confidential notices."""
    service.give_grant(session, service.standing(session, actor, Power.PEOPLE), actor, who)
    return redirect("/business/mailbox/grants?done=given", 303)


@room.page("/<uuid:who>/revoke", access=Access.BUSINESS, methods=("POST",))
def revoke(session: Session, actor: Actor, who: UUID) -> Redirect:
    """They read them no more, from this moment."""
    service.revoke_grant(session, service.standing(session, actor, Power.PEOPLE), actor, who)
    return redirect("/business/mailbox/grants?done=revoked", 303)
