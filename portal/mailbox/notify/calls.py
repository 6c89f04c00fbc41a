"""A call that sends: what is asked becomes a notification, in the words and the order Notify answers in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock, outbox, text
from portal.core.actor import Actor
from portal.core.ids import new_id
from portal.mailbox.channels import text_messages
from portal.mailbox.notify import asked, filling, papers, protocol, receivers, returning, templates
from portal.mailbox.notify.models import Key, Notification, Reply
from portal.mailbox.notify.papers import Sheet
from portal.mailbox.notify.protocol import KeyKind, Kind, Status
from portal.mailbox.notify.templates import Wording

SEND = {Kind.EMAIL: "mailbox.notify.send-email", Kind.SMS: "mailbox.notify.send-sms"}
LARGEST_EMAIL = 2_000_000  # bytes
# Answered as if sent and kept nowhere: what clients' own tests write to.
SIMULATED = frozenset(
    {f"simulate-delivered{number}@notifications.service.gov.uk" for number in ("", "-2", "-3")}
    | {"+447700900000", "+447700900111", "+447700900222"}
)
# With a test key, these end otherwise than delivered.
FAILING = {
    "perm-fail": Status.PERMANENT_FAILURE,
    "temp-fail": Status.TEMPORARY_FAILURE,
    "tech-fail": Status.TECHNICAL_FAILURE,
}
NAMES = {Kind.EMAIL: "emails", Kind.SMS: "text messages", Kind.LETTER: "letters"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is, and the house it is used in."""

    key: Key
    actor: Actor
    settings: Settings = field(repr=False)

    @property
    def section_id(self) -> UUID:
        return self.key.section_id

    @property
    def key_kind(self) -> KeyKind:
        return KeyKind(self.key.kind)

    def address(self, path: str) -> str:
        return f"{self.settings.base_url.rstrip('/')}{path}"


def check_possible(caller: Caller, kind: Kind) -> None:
    """Whether this city has a way for it at all."""
    settings = caller.settings
    ways = {Kind.EMAIL: settings.smtp_url, Kind.SMS: settings.sms_url}
    if caller.key_kind is not KeyKind.TEST and kind in ways and not ways[kind].get_secret_value():
        raise protocol.bad_request(f"Service is not allowed to send {NAMES[kind]}")


def send(
    session: Session, caller: Caller, kind: Kind, form: dict[str, Any], sheets: Mapping[str, Sheet]
) -> dict[str, Any]:
    """An e-mail or a text message, from now on in the hands of the worker."""
    check_possible(caller, kind)
    if kind is Kind.EMAIL and caller.key_kind is not KeyKind.TEST:
        returning.check(session, caller.section_id)
    typed = dict(form.get("personalisation", {}))
    values = filling.sanitised(typed, form.get("sanitise_content_for") or ())
    told = {
        name: {"unsanitised": typed[name], "sanitised": said} for name, said in values.items() if said != typed[name]
    }
    if sheets and kind is not Kind.EMAIL:
        raise protocol.bad_request("Can only send a file by email")
    places = {name: papers.new_place() for name in sheets}
    values |= {name: caller.address(f"/documents/{place}") for name, place in places.items()}
    wording = template_for(session, caller, kind, form["template_id"], values)
    reply = _reply_to(session, caller, kind, form)
    recipient = _recipient(caller, kind, form)
    subject, body = fill(wording, values)
    _check_length(kind, body)
    row = {
        **fresh(caller, kind, form, wording),
        "recipient": recipient,
        "subject": subject,
        "body": body,
        "reply_to": reply,
        "unsubscribe": form.get("one_click_unsubscribe_url", ""),
    }
    if recipient not in SIMULATED:
        number = _keep(session, caller, row, values)
        for name, sheet in sheets.items():
            papers.keep(session, caller.settings.file_ring, number, sheet, opened_with=recipient, at=places[name])
    return answer(caller, row) | ({"sanitised_content": told} if kind is Kind.EMAIL else {})


def template_for(session: Session, caller: Caller, kind: Kind, template_id: str, values: Mapping[str, Any]) -> Wording:
    """The template, if it is of this kind, in use, and everything for it was given."""
    wording = templates.find(session, caller.section_id, UUID(template_id))
    if wording is None:
        raise protocol.bad_request("Template not found")
    if wording.kind is not kind:
        raise protocol.bad_request(f"{wording.kind} template is not suitable for {kind} notification")
    if wording.is_archived:
        raise protocol.bad_request("Template has been deleted")
    check_filled(wording, values)
    return wording


def check_filled(wording: Wording, values: Mapping[str, Any]) -> None:
    if missing := filling.missing(values, *wording.parts):
        raise protocol.bad_request(f"Missing personalisation: {', '.join(missing)}")


def fill(wording: Wording, values: Mapping[str, Any]) -> tuple[str, str]:
    """(subject, body) for one reader."""
    subject = "" if wording.kind is Kind.SMS else filling.filled(wording.subject, values, one_line=True)[:500]
    body = filling.filled(wording.body, values).strip("\n")
    if not text.says_something(body):
        raise protocol.bad_request("Your message is empty.")
    return subject, body


def fresh(caller: Caller, kind: Kind, form: Mapping[str, Any], wording: Wording | None) -> dict[str, Any]:
    """What every new notification has."""
    now, later = clock.now(), asked.instant_of(form)
    status, ended = _begins_as(caller, form)
    return {
        "id": new_id(),
        "section_id": caller.section_id,
        "key_id": caller.key.id,
        "key_kind": str(caller.key_kind),
        "kind": str(kind),
        "status": str(status),
        "template_id": wording.id if wording else None,
        "template_version": wording.version if wording else 0,
        "reference": form.get("reference"),
        "address": {},
        "reply_to": "",
        "unsubscribe": "",
        "postage": "",
        "attempts": 0,
        "made_at": now,
        "scheduled_for": later,
        "due_at": later or now,
        "sent_at": now if ended else None,
        "ended_at": now if ended else None,
    }


def _begins_as(caller: Caller, form: Mapping[str, Any]) -> tuple[Status, bool]:
    """(status, whether that is the end): what a test key sends is over when it is asked for."""
    if caller.key_kind is not KeyKind.TEST:
        return Status.CREATED, False
    said = str(form.get("email_address", "")).partition("@")[0]
    return FAILING.get(said, Status.DELIVERED), True


def _recipient(caller: Caller, kind: Kind, form: Mapping[str, Any]) -> str:
    """The contact in its written form; a team key reaches its guests alone."""
    recipient = text.email(form["email_address"]) if kind is Kind.EMAIL else text.phone(form["phone_number"])
    if caller.key_kind is KeyKind.TEAM and recipient not in caller.key.guests and recipient not in SIMULATED:
        raise protocol.bad_request("Can’t send to this recipient using a team-only API key")
    return recipient


def _reply_to(session: Session, caller: Caller, kind: Kind, form: Mapping[str, Any]) -> str:
    field_name = "email_reply_to_id" if kind is Kind.EMAIL else "sms_sender_id"
    if field_name not in form:
        return ""
    query = select(Reply.value).where(
        Reply.id == UUID(form[field_name]), Reply.section_id == caller.section_id, Reply.kind == str(kind)
    )
    value = session.scalar(query)
    if value is None:
        raise protocol.bad_request(
            f"{field_name} {form[field_name]} does not exist in database for service id {caller.section_id}"
        )
    return value


def _check_length(kind: Kind, body: str) -> None:
    if kind is Kind.SMS and (long := text_messages.signs(body)) > text_messages.LONGEST:
        raise protocol.bad_request(
            f"Your message is too long. Text messages cannot be longer than {text_messages.LONGEST} characters. "
            f"Your message is {long} characters long."
        )
    if kind is Kind.EMAIL and (size := len(body.encode())) > LARGEST_EMAIL:
        raise protocol.bad_request(
            f"Your message is too long. Emails cannot be longer than {LARGEST_EMAIL} bytes. Your message is {size} bytes."
        )


def _keep(session: Session, caller: Caller, row: dict[str, Any], values: Mapping[str, Any]) -> int:
    """Into the table, into the mailbox of whom it is for, and to the worker."""
    if caller.key_kind is not KeyKind.TEST:
        row |= receivers.into_mailbox(session, caller.actor, row, values)
    number: int = session.execute(insert(Notification).values(**row).returning(Notification.number)).scalar_one()
    if caller.key_kind is not KeyKind.TEST:
        wake(session, row)
    return number


def wake(session: Session, row: Mapping[str, Any]) -> None:
    """See that a worker looks; what is due later is found by its look each ten seconds."""
    if row["scheduled_for"] is None:
        outbox.wake(session, SEND[Kind(row["kind"])])


def answer(caller: Caller, row: Mapping[str, Any]) -> dict[str, Any]:
    """What the call is told."""
    content: dict[str, Any] = {"body": row["body"]}
    if row["kind"] == Kind.EMAIL:
        content |= {
            "from_email": row["reply_to"] or caller.settings.mail_from,
            "subject": row["subject"],
            "one_click_unsubscribe_url": row["unsubscribe"] or None,
        }
    elif row["kind"] == Kind.SMS:
        content["from_number"] = row["reply_to"] or caller.settings.sms_from
    else:
        content["subject"] = row["subject"]
    return {
        "id": str(row["id"]),
        "reference": row["reference"],
        "uri": caller.address(f"/v2/notifications/{row['id']}"),
        "template": template_link(caller, row["template_id"], row["template_version"]),
        "scheduled_for": protocol.written(row["scheduled_for"]),
        "content": content,
    }


def template_link(caller: Caller, template_id: UUID | None, version: int) -> dict[str, Any]:
    uri = caller.address(f"/services/{caller.section_id}/templates/{template_id or UUID(int=0)}")
    return {"id": str(template_id or UUID(int=0)), "version": version, "uri": uri}
