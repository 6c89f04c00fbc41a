"""Pages of the sign-in of companies with gBizID, and of its end."""

from typing import Any
from urllib.parse import quote

from flask import g, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import gbizid, service
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.text import shown_again
from portal.web import session as web_session
from portal.web.access import Access
from portal.web.cookies import cookie
from portal.web.hall import hall
from portal.web.room import Room
from portal.web.way_back import way_back

room = Room("company_sign_in", __name__, "/business")


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
