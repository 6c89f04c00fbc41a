"""The token endpoint, its description, and the operators' list of machines."""

from dataclasses import dataclass, field
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission, Scope
from portal.devices import oauth, rules, service
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import office_words
from portal.web.room import Room

room = Room("devices", __name__)

TOKEN_PATH = "/oauth/token"
WATCH = Access.staff(Permission.CLIENT_WATCH)
ENROL = Access.staff(Permission.CLIENT_ENROL)


@room.protocol(TOKEN_PATH, purpose=Purpose.OPERATION)
def token(session: Session) -> Response:
    """A token for ten minutes, for a machine that proves itself with a signed assertion (RFC 7523)."""
    if any(len(values) > 1 for _name, values in request.form.lists()):
        # RFC 6749 section 3.2: parameters must not be included more than once
        answer = oauth.Answer(400, {"error": "invalid_request"}, {})
    else:
        answer = oauth.answer_token_request(session, request.form.to_dict(), _audiences())
    response = jsonify(answer.body)
    response.status_code = answer.status
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response


def _audiences() -> list[str]:
    """Our address as assertions must name it. The demo answers under every name of the loopback address."""
    settings = hall().settings
    here = [request.host_url.rstrip("/")] if settings.demo else []
    return [address + TOKEN_PATH for address in (settings.base_url.rstrip("/"), *here)]


@room.page("/.well-known/oauth-authorization-server", access=Access.PUBLIC)
def metadata(session: Session, actor: Actor) -> Response:
    """What this authorization server can do (RFC 8414)."""
    issuer = hall().settings.base_url.rstrip("/")
    return jsonify(
        issuer=issuer,
        token_endpoint=issuer + TOKEN_PATH,
        scopes_supported=[str(scope) for scope in Scope],
        response_types_supported=[],
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=[oauth.METHOD],
        token_endpoint_auth_signing_alg_values_supported=[oauth.ALGORITHM],
    )


@dataclass(slots=True)
class NewClient:
    """What the operator typed, and what is wrong with it (field → words)."""

    client_id: str = ""
    name: str = ""
    kind: str = ""
    office: str = ""
    scopes: list[str] = field(default_factory=list)
    public_key: str = ""
    jwk: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, offices: set[str]) -> "NewClient":
        form = request.form
        typed = {name: form.get(name, "").strip() for name in ("client_id", "name", "kind", "office")}
        new = cls(typed["client_id"], typed["name"], typed["kind"], typed["office"])
        new.scopes = [scope for scope in form.getlist("scopes") if scope in set(Scope)]
        upload = request.files.get("key_file")
        uploaded = upload.read(rules.LONGEST_KEY + 1).decode("utf-8", "replace") if upload else ""
        new.public_key = uploaded or form.get("public_key", "").strip()
        new._check(offices)
        return new

    def _check(self, offices: set[str]) -> None:
        if not rules.is_client_id(self.client_id):
            self.errors["client_id"] = _("Use 3 to 60 lower-case letters, digits or hyphens.")
        if not 1 <= len(self.name) <= 80 or not self.name.isprintable():
            self.errors["name"] = _("Enter a name.")
        if self.kind not in set(rules.Kind):
            self.errors["kind"] = _("Choose what the machine is for.")
        if self.office not in offices:
            self.errors["office"] = _("Choose an office.")
        if not self.scopes:
            self.errors["scopes"] = _("Choose at least one thing it may do.")
        try:
            self.jwk = rules.read_public_key(self.public_key)
        except Refusal as refusal:
            self.errors["public_key"] = f"{_(refusal.message)} {_(refusal.next_step)}"
            self.public_key = ""  # a private key must not travel back either


@room.page("/staff/clients", access=WATCH, purpose=Purpose.OPERATION)
def clients(session: Session, actor: Actor) -> str:
    """Every machine, when it was last seen and how it is."""
    return _clients_page(session, actor, NewClient())


def _clients_page(session: Session, actor: Actor, new: NewClient) -> str:
    quiet = clock.now() - service.QUIET_AFTER
    offices = staff.offices(session)
    return render_template(
        "devices/clients.html",
        clients=[(row, bool(row.last_seen and row.last_seen > quiet)) for row in service.all_clients(session)],
        offices=[(office.code, office_words(office.name)) for office in offices],
        office_names={office.code: office.name for office in offices},
        kinds=[(str(kind), _(words)) for kind, words in rules.KIND_WORDS.items()],
        kind_words={str(kind): _(words) for kind, words in rules.KIND_WORDS.items()},
        scopes=[(str(scope), _(words)) for scope, words in rules.SCOPE_WORDS.items()],
        may_enrol=actor.may(Permission.CLIENT_ENROL),
        new=new,
        errors=list(new.errors.items()),
    )


@room.page("/staff/clients", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def enrol(session: Session, actor: Actor) -> Any:
    """Register a machine by its public key."""
    new = NewClient.read({office.code for office in staff.offices(session)})
    if not new.errors and service.find(session, new.client_id):
        new.errors["client_id"] = _(rules.ClientIdTaken.message)
    if new.errors:
        return _clients_page(session, actor, new), 422
    service.enrol(
        session,
        client_id=new.client_id,
        name=new.name,
        kind=rules.Kind(new.kind),
        office=new.office,
        scopes=[Scope(scope) for scope in new.scopes],
        public_key=new.jwk,
    )
    return redirect("/staff/clients", 303)


@room.page("/staff/clients/<client_id>/revoke", access=ENROL, purpose=Purpose.OPERATION)
def ask_revoke(session: Session, actor: Actor, client_id: str) -> str:
    """Asks once: people may be standing at this machine."""
    client = service.known(session, client_id)
    office = office_words(staff.office_name(session, client.office))
    return render_template(
        "confirm.html",
        base="staff_base.html",
        question=_("Revoke this machine?"),
        words=_("Revoke"),
        consequence=_(
            "It is shut out at once and serves nobody any more. To let it in again it has to be registered anew."
        ),
        facts=[
            {"label": _("ID"), "value": client.client_id},
            {"label": _("Name of the machine"), "value": office_words(client.name)},
            {"label": _("Office"), "value": office},
        ],
        action=url_for(".revoke", client_id=client_id),
        back=url_for(".clients"),
    )


@room.page("/staff/clients/<client_id>/revoke", access=ENROL, purpose=Purpose.OPERATION, methods=("POST",))
def revoke(session: Session, actor: Actor, client_id: str) -> Redirect:
    """Shut a machine out at once."""
    service.revoke(session, client_id)
    return redirect("/staff/clients", 303)
