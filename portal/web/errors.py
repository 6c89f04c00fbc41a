"""One place where a refusal becomes a page or a problem document, and a bug a 500 with a number to tell us."""

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, redirect, render_template, request
from sqlalchemy.exc import DataError, DBAPIError, InternalError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from portal.core import journal
from portal.core.actor import Kind
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.web import typed, way_back
from portal.web.access import SignInNeeded, StrongerSignInNeeded
from portal.web.i18n import gettext

log = journal.get_logger("web")
MACHINE_PATHS = ("/api/", "/kiosk/", "/oauth/", "/v2/")
# Programs and nobody else read these too, but stand in line like everybody.
JSON_PATHS = (*MACHINE_PATHS, "/open/ocds/")
RETRY_SECONDS = 5

PLAIN: dict[int, tuple[str, str, str]] = {
    400: ("bad-request", N_("The request could not be understood."), N_("Go back and try again.")),
    404: ("not-found", N_("There is no such page."), N_("Check the address, or start from the top page.")),
    405: ("not-possible-here", N_("That cannot be done on this page."), N_("Start from the top page.")),
    413: ("too-large", N_("What you sent is too large."), N_("Send a smaller file or a shorter text.")),
    415: ("wrong-kind", N_("What you sent is of a kind we cannot read."), N_("Send it in another format.")),
    500: (
        "internal",
        N_("Something went wrong on our side. Nothing you did is lost."),
        N_("Please try again. If it happens again, tell us the number below."),
    ),
    503: (
        "busy",
        N_("The system cannot save anything at the moment."),
        N_("Please wait a moment and try again. Nothing was changed."),
    ),
}


Stop = Callable[[HTTPException], Response]


def install(app: Flask, *, foreign: Mapping[str, Stop] | None = None) -> None:
    """*foreign* answers, by the beginning of the address, for protocols of others where no view is found: their programs
    know no other words."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, partial(stopped, foreign=foreign or {}))
    app.register_error_handler(OperationalError, unavailable)
    app.register_error_handler(InternalError, read_only)
    app.register_error_handler(DataError, unstorable)
    app.register_error_handler(Exception, broken)


def refused(refusal: Refusal) -> Any:
    """A rule said no. A stranger at a resident's or staff's page is led to the sign-in that fits."""
    if not speaks_json() and request.method == "GET":
        if isinstance(refusal, SignInNeeded):
            return redirect(sign_in_address(), 303)
        if isinstance(refusal, StrongerSignInNeeded) and g.actor.kind is Kind.RESIDENT:
            return redirect(sign_in_address(refusal.door), 303)
    message = gettext(refusal.message, **refusal.facts)
    next_step = gettext(refusal.next_step, **refusal.facts)
    if isinstance(refusal, SignInNeeded) and not speaks_json() and typed.keep_of_ended_session():
        next_step = gettext(N_("Sign in again within half an hour: the page comes back with what you typed."))
    way = (gettext(N_("Sign in")), sign_in_address()) if isinstance(refusal, SignInNeeded) else None
    if refusal.status == 413 and page_of_the_form():
        way = (gettext(N_("Back to the page")), page_of_the_form())
    response = answer(refusal.status, refusal.code, message, next_step, way=way, details=refusal.details)
    if refusal.status == 429 and "wait" in refusal.facts:
        response.headers["Retry-After"] = str(refusal.facts["wait"])
    return response


def sign_in_address(door: str = "") -> str:
    """The sign-in that fits, and from there back to the page that was asked for, or on which the form stood."""
    door = door or (
        "/staff/sign-in" if _is_staff_path() else "/business/sign-in" if _is_business_path() else "/sign-in"
    )
    page = request.full_path.rstrip("?") if request.method == "GET" else page_of_the_form()
    return f"{door}?next={quote(page, safe='/')}" if page else door


def page_of_the_form() -> str:
    """Path and query of the page of ours that sent this form, or nothing."""
    path, query = way_back.page_before()
    return f"{path}?{query}" if query else path


def _is_staff_path() -> bool:
    return request.path == "/staff" or request.path.startswith("/staff/")


def _is_business_path() -> bool:
    return request.path == "/business" or request.path.startswith("/business/")


def stopped(error: HTTPException, *, foreign: Mapping[str, Stop]) -> Any:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()
    if isinstance(error, SecurityError):  # asked under a name that is not ours: no page has addresses there
        return Response("This host is not served here.\n", status=400, mimetype="text/plain")
    for beginning, stop in foreign.items():
        if request.path == beginning or request.path.startswith(f"{beginning}/"):
            return stop(error)
    code, message, next_step = PLAIN.get(error.code or 500, PLAIN[400])
    return answer(error.code or 500, code, gettext(message), gettext(next_step))


def unavailable(error: DBAPIError) -> Any:
    """A full disk or a lost database is an outage, not a bug: 503, and reads go on."""
    log.error("database.unavailable", error=type(error.orig).__name__)
    code, message, next_step = PLAIN[503]
    response = answer(503, code, gettext(message), gettext(next_step))
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def read_only(error: InternalError) -> Any:
    """PostgreSQL became a standby, which takes no writes: an outage too. Anything else of this kind is a bug."""
    return unavailable(error) if type(error.orig).__name__ == "ReadOnlySqlTransaction" else broken(error)


def unstorable(error: DataError) -> Any:
    """A text or number no column can hold (NUL, 20 digits) got past its form: the sender's fault, not ours."""
    log.warning("request.unstorable", error=type(error.orig).__name__, where=_where(error), endpoint=request.endpoint)
    code, message, next_step = PLAIN[400]
    return answer(400, code, gettext(message), gettext(next_step))


def broken(error: Exception) -> Any:
    """A bug: logged with a number, without the values that were in play."""
    number = secrets.token_hex(4)
    log.error("bug", number=number, error=type(error).__name__, where=_where(error), endpoint=request.endpoint)
    code, message, next_step = PLAIN[500]
    return answer(500, code, gettext(message), gettext(next_step), number=number)


def _where(error: Exception) -> str:
    """Files and lines of the traceback's last steps; messages and values stay out (they may hold names)."""
    steps, trace = [], error.__traceback__
    while trace is not None:
        steps.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " ".join(steps[-8:])


def speaks_json() -> bool:
    return request.path.startswith(JSON_PATHS) or request.accept_mimetypes.best == "application/json"


def answer(
    status: int,
    code: str,
    message: str,
    next_step: str,
    *,
    number: str = "",
    way: tuple[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Response:
    """The page or the problem document (RFC 9457) of one refusal; `way` is the button: its words and address."""
    if speaks_json():
        problem = {
            "type": f"/problems/{code}",
            "title": message,
            "status": status,
            "code": code,
            "detail": message,
            "next_step": next_step,
            **({"number": number} if number else {}),
            **(details or {}),
        }
        from flask import json

        response = Response(json.dumps(problem), status=status, mimetype="application/problem+json")
        if status == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="portal"'
        return response
    told = {"status": status, "code": code, "message": message, "next_step": next_step, "number": number}
    return Response(_page(told, way), status=status, mimetype="text/html")


def _page(told: dict[str, Any], way: tuple[str, str] | None) -> str:
    """Staff keep their own header and go back to their desk; everybody else to the top page."""
    who = getattr(g, "actor", None)
    at_the_desk = _is_staff_path() and not (who and who.kind is Kind.RESIDENT)
    base, home = ("staff_base.html", "/staff/") if at_the_desk else ("base.html", "/")
    return render_template("errors/error.html", base=base, way=way or (gettext(N_("Go to the top page")), home), **told)
