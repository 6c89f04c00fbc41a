"""Pages for people without an account: the form, sending it, and looking at it again by number and password."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Response, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import case_pages, form_pages, guests, rules, ways
from portal.applications.form_pages import Answer
from portal.applications.ways import Way
from portal.core import passwords
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.web import password_try, throttle
from portal.web.access import Access
from portal.web.cookies import cookie
from portal.web.hall import hall
from portal.web.room import Room
from portal.web.session import GUEST_COOKIE

room = Room("applications_guests", __name__, "/without-account")

LOOK_UP = "look-up without an account"
STARTS = 20  # drafts begun from one address in a quarter of an hour


@dataclass(frozen=True, slots=True)
class Sending:
    """A password as the person reads it, and its hash; computed before the transaction, because it is slow on purpose."""

    password: str
    hash: str


def _with_key(session: Session, page: Callable[[Way], Answer]) -> Answer:
    """The page, for whoever holds the key of a case; others are asked for number and password."""
    found = guests.opened_by(session, cookie(GUEST_COOKIE))
    return page(ways.guest(found)) if found else redirect(url_for(".look_up", ended="yes"), 303)


@room.page("/start/<name>", access=Access.PUBLIC, methods=("POST",))
def start(session: Session, actor: Actor, name: str) -> Redirect:
    """Begin a draft that only this browser can open."""
    throttle.guard(session, "start without an account", request.remote_addr or "", limit=STARTS)
    _draft, g.cookies_to_set[GUEST_COOKIE] = guests.start(session, name)
    return redirect(url_for(".resume"), 303)


@room.page("", access=Access.PUBLIC)
def look_up(session: Session, actor: Actor) -> str:
    """Number and password of something sent without an account."""
    return render_template("applications/look_up.html", wrong=False, typed="", ended="ended" in request.args)


def _try() -> UUID | None:
    """The case, if number and password fit. Tries count per number and address: nobody guesses 79 bits, and a stranger
    who knows a number must not shut its holder out."""
    number = request.form.get("number", "")
    password = guests.plain(request.form.get("password", ""))
    found = password_try.check_kept(LOOK_UP, guests.same_name(number), password, find=guests.find, guessable=False)
    return found[0] if found else None


@room.page("", access=Access.PUBLIC, methods=("POST",), before=_try)
def open_case(session: Session, actor: Actor, found: UUID | None) -> Answer:
    """Open it; one answer for a wrong number and for a wrong password."""
    if found is None:
        typed = password_try.as_typed(request.form.get("number", ""))
        return render_template("applications/look_up.html", wrong=True, typed=typed, ended=False), 422
    password_try.forgive(session, LOOK_UP, guests.same_name(request.form.get("number", "")))
    g.cookies_to_set[GUEST_COOKIE] = guests.open_again(session, found)
    return redirect(url_for(".show"), 303)


@room.page("/leave", access=Access.PUBLIC, methods=("POST",))
def leave(session: Session, actor: Actor) -> Redirect:
    """Close it for this browser."""
    guests.close(session, cookie(GUEST_COOKIE))
    g.cookies_to_set[GUEST_COOKIE] = ""
    return redirect(url_for(".look_up"), 303)


@room.page("/resume", access=Access.PUBLIC)
def resume(session: Session, actor: Actor) -> Answer:
    """To the first page that is not done, or to the check of the answers."""
    return _with_key(session, lambda way: form_pages.resume(session, way))


@room.page("/tasks", access=Access.PUBLIC)
def tasks(session: Session, actor: Actor) -> Answer:
    """All pages of the form with their states."""
    return _with_key(session, lambda way: form_pages.tasks(session, way))


@room.page("/steps/<section>", access=Access.PUBLIC)
def step(session: Session, actor: Actor, section: str) -> Answer:
    """One topic, one page."""
    return _with_key(session, lambda way: form_pages.step(session, way, section))


@room.page("/steps/<section>", access=Access.PUBLIC, methods=("POST",))
def save_step(session: Session, actor: Actor, section: str) -> Answer:
    """Keep the page; go on if all of it was understood."""
    return _with_key(session, lambda way: form_pages.save_step(session, way, section))


@room.page("/autosave", access=Access.PUBLIC, methods=("POST",))
def autosave(session: Session, actor: Actor) -> Response:
    """Keep a page while it is typed; nothing is complained about yet."""
    found = guests.opened_by(session, cookie(GUEST_COOKIE))
    if found is None:
        raise rules.ApplicationNotFound
    return form_pages.autosave(session, ways.guest(found))


@room.page("/check", access=Access.PUBLIC)
def check(session: Session, actor: Actor) -> Answer:
    """All answers on one page; the page carries the number its password is made from."""
    return _with_key(session, lambda way: form_pages.check(session, way, seed=secrets.token_urlsafe(16)))


def _make_password() -> Sending | None:
    token = cookie(GUEST_COOKIE)
    with hall().database.page(g.actor, Purpose.OWN_USE, writes=False) as session:
        if guests.opened_by(session, token) is None:
            return None
    password = guests.password_of(hall().key("guest-password"), token, _seed())
    return Sending(password, passwords.hash_password(guests.plain(password)))


@room.page("/submit", access=Access.PUBLIC, methods=("POST",), before=_make_password)
def submit(session: Session, actor: Actor, found: Sending | None) -> Answer:
    """Send it and show its password, this once; a second press shows the same."""
    if found is None:
        return redirect(url_for(".look_up", ended="yes"), 303)
    return _with_key(session, lambda way: _sent_page(session, way, found))


def _sent_page(session: Session, way: Way, sending: Sending) -> Answer:
    try:
        first = guests.submit(session, way.actor, way.id, sending.hash)
    except rules.NotComplete:
        seed = secrets.token_urlsafe(16)
        return form_pages.check_page(session, form_pages.own(session, way), way, seed), 422
    if not first and not passwords.fits(guests.plain(sending.password), guests.kept_hash(session, way.id)):
        return redirect(url_for(".show"), 303)
    about = case_pages.about(session, form_pages.own(session, way), way)
    return render_template("applications/guest_done.html", password=sending.password, seed=_seed(), **about)


def _seed() -> str:
    """What the check page brought to make the password from; its page in another language brings it again."""
    return request.form.get("seed", "")[:64]


@room.page("/application", access=Access.PUBLIC)
def show(session: Session, actor: Actor) -> Answer:
    """Where it stands: status, timeline, answers."""
    return _with_key(session, lambda way: case_pages.show(session, way))


@room.page("/sheet", access=Access.PUBLIC)
def sheet(session: Session, actor: Actor) -> Answer:
    """Number, QR code and all answers, laid out for paper or a PDF."""
    return _with_key(session, lambda way: case_pages.sheet(session, way))


@room.page("/correction", access=Access.PUBLIC)
def correct(session: Session, actor: Actor) -> Answer:
    """Only what was asked, with the clerk's words."""
    return _with_key(session, lambda way: case_pages.correct(session, way))


@room.page("/correction", access=Access.PUBLIC, methods=("POST",))
def save_correction(session: Session, actor: Actor) -> Answer:
    """Send the correction."""
    return _with_key(session, lambda way: case_pages.save_correction(session, way))


@room.page("/change/<section>", access=Access.PUBLIC)
def change(session: Session, actor: Actor, section: str) -> Answer:
    """One page of what was sent, while nobody has it in work."""
    return _with_key(session, lambda way: case_pages.change(session, way, section))


@room.page("/change/<section>", access=Access.PUBLIC, methods=("POST",))
def save_change(session: Session, actor: Actor, section: str) -> Answer:
    """Send the changed page."""
    return _with_key(session, lambda way: case_pages.save_change(session, way, section))


@room.page("/withdraw", access=Access.PUBLIC)
def withdraw(session: Session, actor: Actor) -> Answer:
    """Asks once: it cannot be undone."""
    return _with_key(session, lambda way: case_pages.withdraw(session, way))


@room.page("/withdraw", access=Access.PUBLIC, methods=("POST",))
def really_withdraw(session: Session, actor: Actor) -> Answer:
    """A draft is thrown away, an application withdrawn."""
    return _with_key(session, lambda way: case_pages.really_withdraw(session, way, url_for("applications.procedures")))
