"""What has to be known of messages that may leave now, by one statement a kind: asked for one by one, a hundred messages
cost more in questions than in mail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.mailbox.channels.models import Choice, MailAddress, Message
from portal.mailbox.models import Delivery, Notice


@dataclass(frozen=True, slots=True)
class Known:
    """As it stands in the transaction that takes the messages."""

    deliveries: Mapping[tuple[UUID, int], Delivery] = field(repr=False)
    notices: Mapping[int, Notice] = field(repr=False)
    choices: Mapping[tuple[UUID, str], Choice] = field(repr=False)
    addresses: Mapping[UUID, str] = field(repr=False)
    languages: Mapping[UUID, str] = field(repr=False)

    def language_of(self, resident_id: UUID) -> str:
        return self.languages.get(resident_id, "ja")


def of(session: Session, messages: Sequence[Message]) -> Known:
    people = {message.resident_id for message in messages}
    numbers = {message.notice_number for message in messages}
    keys = {(message.resident_id, message.notice_number) for message in messages}
    same = tuple_(Delivery.resident_id, Delivery.notice_number).in_(keys)
    return Known(
        deliveries={(one.resident_id, one.notice_number): one for one in _all(session, Delivery, same)},
        notices={one.number: one for one in _all(session, Notice, Notice.number.in_(numbers))},
        choices={(one.resident_id, one.channel): one for one in _all(session, Choice, Choice.resident_id.in_(people))},
        addresses={
            one.resident_id: one.address for one in _all(session, MailAddress, MailAddress.resident_id.in_(people))
        },
        languages=accounts.languages_of(session, people),
    )


def _all(session: Session, table: type[Any], which: Any) -> Iterable[Any]:
    return session.scalars(select(table).where(which))
