"""Pages of accounts: sign-in by password or passkey, a stronger sign-in, and what one's own account holds."""

import ipaddress
import json
import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, g, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import passkeys, rules, service
from portal.accounts.models import Account, AccountEvent
from portal.accounts.signing_in import begin, binding, device, own
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.words import N_
from portal.web import password_try, signed_in, throttle
from portal.web import session as web_session
from portal.web.access import Access, NotFound, StrongerSignInNeeded
from portal.web.hall import hall
from portal.web.i18n import LANGUAGE_COOKIE, LANGUAGES, office_words
from portal.web.i18n import gettext as _
from portal.web.room import Room
from portal.web.way_back import way_back

room = Room("accounts", __name__)

WRONG = N_("The login ID or the password is not right.")
PLACE = re.compile(r"[0-9a-f]{16}")
OPTIONS_LIMIT = 60


def _try_password() -> UUID | None:
    return password_try.check(
        "sign-in",
        request.form.get("login_id", ""),
        request.form.get("password", ""),
        find=service.password_of,
        knows=service.knows_browser,
    )


@room.page("/sign-in", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def sign_in_form(session: Session, actor: Actor) -> str | Redirect:
    """The sign-in page of residents."""
    if actor.kind is Kind.RESIDENT:
        return redirect(way_back("/"), 303)
    return _sign_in_page("", "")


@room.page("/sign-in", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",), before=_try_password)
def sign_in(session: Session, actor: Actor, found: UUID | None) -> Any:
    """Begin a resident's session; one answer for whatever was wrong."""
    login_id = request.form.get("login_id", "")
    if found is None:
        return _sign_in_page(login_id, _(WRONG)), 422
    password_try.forgive(session, "sign-in", login_id)
    begin(session, found, assurance=1)
    return redirect(way_back("/"), 303)


def _sign_in_page(login_id: str, error: str) -> str:
    return render_template(
        "accounts/sign_in.html",
        login_id=password_try.as_typed(login_id),
        error=error,
        next=way_back("/"),
        elsewhere=_elsewhere(),
    )


@room.page("/sign-out", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",))
def sign_out(session: Session, actor: Actor) -> Redirect:
    """End the session of this browser."""
    web_session.end_this(session)
    return redirect("/sign-in", 303)


# --- passkeys ---------------------------------------------------------------------------------------------------


def _site() -> passkeys.Site:
    """The site passkeys belong to. The demo answers under every name of the loopback address."""
    settings = hall().settings
    here = settings.demo and request.host  # no host at all is sent only by who tries things
    origin = (request.host_url if here else settings.base_url).rstrip("/")
    return passkeys.Site(urlsplit(origin).hostname or "", origin, settings.city_name)


def _elsewhere() -> str:
    """Passkeys belong to names, not to numbers: where this page is under the name localhost, or ""."""
    parts = urlsplit(request.url)
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return ""
    return parts._replace(netloc=f"localhost:{parts.port}" if parts.port else "localhost").geturl()


def _credential() -> dict[str, Any]:
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise rules.PasskeyRefused
    return value


def _json(text: str) -> Response:
    return Response(text, mimetype="application/json")


@room.page("/sign-in/passkey/options", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",))
def passkey_options(session: Session, actor: Actor) -> Response:
    """What the browser must sign; a signed-in resident is asked for their own passkeys only."""
    throttle.guard(session, "passkey options", request.remote_addr or "", limit=OPTIONS_LIMIT)
    whose = actor.id if actor.kind is Kind.RESIDENT else None
    return _json(passkeys.options_to_sign_in(session, _site(), binding=binding(), whose=whose))


@room.page("/sign-in/passkey", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",))
def passkey_sign_in(session: Session, actor: Actor) -> Response:
    """Sign in, or confirm a session that is there already, with a passkey: assurance 2."""
    whose = actor.id if actor.kind is Kind.RESIDENT else None
    resident_id = passkeys.sign_in(session, _site(), _credential(), binding=binding(), whose=whose)
    if whose:
        service.tell(session, whose, kind="stronger", device=device())
        web_session.sign_in(session, service.actor_of(session, whose, assurance=max(2, actor.assurance)))
    else:
        begin(session, resident_id, assurance=2)
    return _json("{}")


@room.page("/sign-in/stronger", access=Access.RESIDENT, purpose=Purpose.ACCOUNT)
def stronger(session: Session, actor: Actor) -> str | Redirect:
    """Confirm with a passkey, then go on to the page that asked for it; *again* where it was too long ago."""
    if actor.assurance >= 2 and not request.args.get("again"):
        return redirect(way_back("/"), 303)
    keys = passkeys.passkeys_of(session, own(actor))
    return render_template(
        "accounts/stronger.html",
        has_passkey=bool(keys),
        again="again" in request.args,
        next=way_back("/"),
        elsewhere=_elsewhere(),
    )


# --- the account ------------------------------------------------------------------------------------------------


def _account(session: Session, actor: Actor) -> Account:
    account = service.account_of(session, own(actor))
    if account is None:
        raise NotFound
    return account


@room.page("/account", access=Access.RESIDENT)
def account(session: Session, actor: Actor) -> str:
    """My account: where I am signed in, passkeys, language, what happened."""
    browsers = [
        {
            "id": place.token_hash[:16],
            "device": rules.device_name(place.device) or _("Unknown browser"),
            "started_at": place.started_at,
            "seen_at": place.seen_at,
            "here": place.token_hash == g.session_hash,
        }
        for place in signed_in.places(session, own(actor))
    ]
    events = [
        (event.at, _(rules.EVENT_WORDS[event.kind]), _where(event)) for event in service.timeline(session, own(actor))
    ]
    return render_template(
        "accounts/account.html",
        browsers=sorted(browsers, key=lambda place: not place["here"]),
        events=events,
        passkeys=passkeys.passkeys_of(session, own(actor)),
        languages_known=list(LANGUAGES.items()),
        language=_account(session, actor).language,
        password_changed=request.args.get("changed") == "password",
    )


def _where(event: AccountEvent) -> str:
    """The browser, as it calls itself; at the window the office, in the reader's language."""
    return office_words(event.device) if event.kind in rules.AT_THE_WINDOW else event.device


@room.page("/account/places/<place>/end", access=Access.RESIDENT, methods=("POST",))
def end_place(session: Session, actor: Actor, place: str) -> Redirect:
    """Sign out one other browser."""
    if not PLACE.fullmatch(place):
        raise NotFound
    if signed_in.revoke(session, own(actor), place):
        service.tell(session, own(actor), kind="signed-out-others", device=device())
    return redirect("/account", 303)


@room.page("/account/places/end-others", access=Access.RESIDENT)
def ask_end_other_places(session: Session, actor: Actor) -> str:
    """Asks once: what is open elsewhere is lost."""
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Sign out everywhere but here?"),
        words=_("Sign out everywhere but here"),
        consequence=_("Your other devices have to sign in again. Here you stay signed in."),
        action="/account/places/end-others",
        back="/account",
    )


@room.page("/account/places/end-others", access=Access.RESIDENT, methods=("POST",))
def end_other_places(session: Session, actor: Actor) -> Redirect:
    """Sign out everywhere but here."""
    for place in signed_in.places(session, own(actor)):
        if place.token_hash != g.session_hash:
            signed_in.revoke(session, own(actor), place.token_hash)
    service.tell(session, own(actor), kind="signed-out-others", device=device())
    return redirect("/account", 303)


@room.page("/account/language", access=Access.RESIDENT, methods=("POST",))
def choose_language(session: Session, actor: Actor) -> Redirect:
    """Choose the language of pages and letters."""
    language = request.form.get("language", "")
    if language in LANGUAGES:
        service.choose_language(session, own(actor), language)
        g.cookies_to_set[LANGUAGE_COOKIE] = language
    return redirect("/account", 303)


@room.page("/account/passkeys", access=Access.RESIDENT)
def passkey_list(session: Session, actor: Actor) -> str:
    """My passkeys: add one, remove one."""
    keys = passkeys.passkeys_of(session, own(actor))
    return render_template(
        "accounts/passkeys.html",
        passkeys=keys,
        may_change=not keys or actor.assurance >= 2,
        next=way_back("/account/passkeys"),
        elsewhere=_elsewhere(),
    )


def _check_may_change(session: Session, actor: Actor) -> None:
    """The first passkey needs the password only; who has one proves it before adding or removing."""
    if actor.assurance < 2 and passkeys.passkeys_of(session, own(actor)):
        raise StrongerSignInNeeded


@room.page("/account/passkeys/options", access=Access.RESIDENT, purpose=Purpose.ACCOUNT, methods=("POST",))
def new_passkey_options(session: Session, actor: Actor) -> Response:
    """What the browser needs to make a passkey."""
    _check_may_change(session, actor)
    return _json(passkeys.options_to_register(session, _account(session, actor), _site(), binding=binding()))


@room.page("/account/passkeys", access=Access.RESIDENT, purpose=Purpose.ACCOUNT, methods=("POST",))
def add_passkey(session: Session, actor: Actor) -> Response:
    """Keep the passkey this browser made."""
    _check_may_change(session, actor)
    name = device() or _("Passkey")
    passkeys.register(session, _account(session, actor), _site(), _credential(), binding=binding(), name=name)
    service.tell(session, own(actor), kind="passkey-added", device=device())
    return _json(json.dumps({"next": way_back("/account/passkeys")}))


@room.page("/account/passkeys/<uuid:passkey>/remove", access=Access.RESIDENT)
def ask_remove_passkey(session: Session, actor: Actor, passkey: UUID) -> str:
    """Asks once: a removed passkey cannot be brought back."""
    _check_may_change(session, actor)
    known = next((key for key in passkeys.passkeys_of(session, own(actor)) if key.id == passkey), None)
    if known is None:
        raise NotFound
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Remove this passkey?"),
        words=_("Remove"),
        consequence=_("It opens your account no longer. You can set up a new one at any time."),
        facts=[{"label": _("Passkey"), "value": known.name}],
        action=f"/account/passkeys/{passkey}/remove",
        back="/account/passkeys",
    )


@room.page("/account/passkeys/<uuid:passkey>/remove", access=Access.RESIDENT, methods=("POST",))
def remove_passkey(session: Session, actor: Actor, passkey: UUID) -> Redirect:
    """Take one of my passkeys away."""
    _check_may_change(session, actor)
    if not passkeys.remove(session, own(actor), passkey):
        raise NotFound
    service.tell(session, own(actor), kind="passkey-removed", device=device())
    return redirect("/account/passkeys", 303)
