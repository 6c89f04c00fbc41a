"""The doors of the v2 API, at the addresses its clients know."""

from typing import Any
from uuid import UUID

from flask import Response, g, jsonify, request
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from portal.core import journal
from portal.core.actor import Actor, system
from portal.core.audit import Purpose
from portal.core.permissions import Scope
from portal.files import service as files
from portal.mailbox.notify import asked, calls, filling, letters, listing, papers, protocol, received, templates, tokens
from portal.mailbox.notify.calls import Caller
from portal.mailbox.notify.protocol import Kind, Refused
from portal.staff import service as staff
from portal.web import pace
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("notify", __name__, "/v2")
log = journal.get_logger("notify")
KEY = Access.client(Scope.NOTICES)
LARGEST = 15_000_000
"""Bytes of a call: a letter of 5 MB, or several files of 2 MB, in base64."""
SECONDS = 60
Told = tuple[dict[str, Any], int]


def recognise() -> Actor:
    """Who signed this call's token; Notify's own words for whoever did not."""
    header = request.headers.get("Authorization", "")
    with hall().database.page(system("notify"), Purpose.OPERATION, writes=False) as session:
        key, actor = tokens.recognise(session, header, hall().key("notify"))
    g.notify_caller = Caller(key, actor, hall().settings)
    return actor


def caller() -> Caller:
    found: Caller = g.notify_caller
    return found


def _json() -> Any:
    try:
        return request.get_json(force=True) or {}
    except BadRequest as fault:
        if isinstance(fault, RequestEntityTooLarge):
            raise
        raise protocol.bad_request("Invalid JSON supplied in POST data") from None


def _keep_pace(session: Session) -> None:
    key, limit = caller().key, hall().settings.send_limit
    try:
        pace.take(session, f"notify:{key.section_id}:{key.kind}", limit=limit)
    except pace.TooFast as fast:
        wait = int(fast.facts["wait"])
        raise protocol.too_fast(caller().key_kind, limit=limit, seconds=SECONDS, retry_after=wait) from None


def _message(fields: dict[str, asked.Check], contact: str) -> tuple[dict[str, Any], dict[str, papers.Sheet]]:
    form = asked.checked(_json(), fields, (contact, "template_id"))
    return form, papers.prepare_all(form.get("personalisation", {}), files.scanner(hall().settings.clamd))


def _read_email() -> Any:
    return _message(asked.EMAIL, "email_address")


def _read_sms() -> Any:
    return _message(asked.SMS, "phone_number")


def _read_letter() -> Any:
    """(form, the PDF if the letter came as one)."""
    form = _json()
    if not isinstance(form, dict) or "content" not in form:
        return asked.checked(form, asked.LETTER, ("template_id", "personalisation")), None
    form = asked.checked(form, asked.PRECOMPILED, ("reference", "content"))
    return form, papers.prepare_letter(form["content"], files.scanner(hall().settings.clamd))


def _sends(path: str, before: Any) -> Any:
    return room.foreign(
        path,
        access=KEY,
        purpose=Purpose.SENDING,
        recognise=recognise,
        before=before,
        method="POST",
        largest=LARGEST,
    )


def _asks(path: str) -> Any:
    return room.foreign(path, access=KEY, purpose=Purpose.SENDING, recognise=recognise)


@_sends("/notifications/email", _read_email)
def send_email(session: Session, actor: Actor, found: Any) -> Told:
    """An e-mail of a template."""
    _keep_pace(session)
    return calls.send(session, caller(), Kind.EMAIL, *found), 201


@_sends("/notifications/sms", _read_sms)
def send_sms(session: Session, actor: Actor, found: Any) -> Told:
    """A text message of a template."""
    _keep_pace(session)
    return calls.send(session, caller(), Kind.SMS, *found), 201


@_sends("/notifications/letter", _read_letter)
def send_letter(session: Session, actor: Actor, found: Any) -> Told:
    """A letter of a template, or a finished one."""
    _keep_pace(session)
    form, sheet = found
    if sheet is None:
        return letters.send(session, caller(), form), 201
    return letters.send_finished(session, caller(), form, sheet), 201


@_asks("/notifications/<notification_id>")
def notification(session: Session, actor: Actor, notification_id: str) -> dict[str, Any]:
    """What became of one."""
    return listing.shown(caller(), listing.find(session, caller(), _uuid("notification_id", notification_id)))


@_asks("/notifications")
def notifications(session: Session, actor: Actor) -> dict[str, Any]:
    """The newest first, by what is asked for."""
    several = {"status", "template_type"}
    given = request.args.to_dict(flat=False)
    wanted = {name: values if name in several else values[0] for name, values in given.items()}
    return listing.page(session, caller(), asked.checked(wanted, asked.LISTING))


@_asks("/notifications/<notification_id>/pdf")
def letter_pdf(session: Session, actor: Actor, notification_id: str) -> Response:
    """A letter as it is printed."""
    row = listing.find(session, caller(), _uuid("notification_id", notification_id))
    if row.kind != Kind.LETTER:
        raise protocol.bad_request("Notification is not a letter")
    if row.status == protocol.Status.PENDING_VIRUS_CHECK:
        raise protocol.pdf_not_ready()
    if row.status == protocol.Status.VIRUS_SCAN_FAILED:
        raise protocol.bad_request("File did not pass the virus scan")
    section = staff.section_label(session, row.section_id)
    content = letters.paper_of(session, hall().settings.file_ring, row, section)
    return Response(content, mimetype="application/pdf")


@_asks("/template/<template_id>")
def template(session: Session, actor: Actor, template_id: str) -> dict[str, Any]:
    """A template's newest version."""
    return templates.shown(_template(session, template_id))


@_asks("/template/<template_id>/version/<version>")
def template_version(session: Session, actor: Actor, template_id: str, version: str) -> dict[str, Any]:
    """A template as it was."""
    if not (version.isascii() and version.isdigit() and int(version[:9]) > 0 and len(version) < 9):
        raise protocol.not_found()
    return templates.shown(_template(session, template_id, int(version)))


@room.foreign(
    "/template/<template_id>/preview",
    access=KEY,
    purpose=Purpose.SENDING,
    recognise=recognise,
    before=lambda: asked.checked(_json() if request.get_data() else {}, {"personalisation": asked.an_object}),
    method="POST",
    largest=LARGEST,
)
def preview(session: Session, actor: Actor, template_id: str, found: Any) -> dict[str, Any]:
    """What a reader would get."""
    wording, values = _template(session, template_id), found.get("personalisation", {})
    calls.check_filled(wording, values)
    subject, body = calls.fill(wording, values)
    told = {"id": str(wording.id), "type": wording.kind, "version": wording.version, "body": body, "postage": None}
    is_email = wording.kind is Kind.EMAIL
    return told | {"subject": subject or None, "html": filling.as_html(body) if is_email else None}


@_asks("/templates")
def all_templates(session: Session, actor: Actor) -> dict[str, Any]:
    """The section's templates, all or of one kind."""
    wanted = asked.checked(request.args.to_dict(), {"type": asked.one_of(Kind.SMS, Kind.EMAIL, Kind.LETTER)})
    kind = Kind(wanted["type"]) if "type" in wanted else None
    return templates.listed(templates.all_of(session, caller().section_id, kind))


@_asks("/received-text-messages")
def received_texts(session: Session, actor: Actor) -> dict[str, Any]:
    """Text messages that came in for the section, the newest first."""
    wanted = asked.checked(request.args.to_dict(), {"older_than": asked.a_uuid})
    older_than = UUID(wanted["older_than"]) if "older_than" in wanted else None
    found = received.page(session, caller().section_id, older_than)
    address = caller().address("/v2/received-text-messages")
    return {"received_text_messages": found, "links": listing.links(address, wanted, found)}


def _template(session: Session, template_id: str, version: int | None = None) -> templates.Wording:
    wording = templates.find(session, caller().section_id, _uuid("id", template_id), version=version)
    if wording is None:
        raise protocol.not_found()
    return wording


def _uuid(name: str, typed: str) -> UUID:
    if wrong := asked.a_uuid(name, typed):
        raise protocol.invalid(wrong)
    return UUID(typed)


gateways = Room("text_gateway", __name__)


@gateways.protocol("/sms/received", purpose=Purpose.OPERATION)
def take_text(session: Session) -> Response:
    """A text message came in; the city's gateway hands it over with its token."""
    received.check_gateway(hall().settings, request.headers.get("Authorization", ""))
    return jsonify(id=str(received.take(session, request.get_json(force=True, silent=True))))


# The only address of the clients outside /v2: all versions of a template.
services = Room("notify_services", __name__)


@services.foreign(
    "/service/<service_id>/template/<template_id>/versions", access=KEY, purpose=Purpose.SENDING, recognise=recognise
)
def template_versions(session: Session, actor: Actor, service_id: str, template_id: str) -> dict[str, Any]:
    """Every version of a template of the key's own section."""
    own = _uuid("service_id", service_id) == caller().section_id
    found = templates.versions_of(session, caller().section_id, _uuid("id", template_id)) if own else []
    if not found:
        raise protocol.not_found()
    return {"data": [templates.shown(wording) for wording in found]}


def _refused(refused: Refused) -> Response:
    response = jsonify(refused.body())
    response.status_code = refused.status
    if refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _too_large(_fault: Exception) -> Response:
    return _refused(protocol.bad_request("Request is too large", status=413))


def _unavailable(fault: OperationalError) -> Response:
    """A full disk or a lost database: clients know 503 as a reason to try again."""
    log.error("database.unavailable", error=type(fault.orig).__name__)
    return _refused(Refused(503, [("ServiceUnavailable", "Internal server error")], retry_after=5))


def _unstorable(_fault: Exception) -> Response:
    """Signs or numbers no column can hold."""
    return _refused(protocol.bad_request("Invalid JSON supplied in POST data"))


def no_such_call(fault: HTTPException) -> Response:
    """An address without a call, or a method it does not know: what Notify says before it looks at any token."""
    response = jsonify(protocol.stopped(fault.description or ""))
    response.status_code = fault.code or 400
    if "Allow" in (headers := dict(fault.get_headers())):
        response.headers["Allow"] = headers["Allow"]
    return response


for opened in (room, services):
    opened.blueprint.register_error_handler(Refused, _refused)
    opened.blueprint.register_error_handler(RequestEntityTooLarge, _too_large)
    opened.blueprint.register_error_handler(OperationalError, _unavailable)
    opened.blueprint.register_error_handler(DataError, _unstorable)
