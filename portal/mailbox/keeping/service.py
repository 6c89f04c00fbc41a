"""A mailbox in order: the door of this part of the room."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.mailbox import listing, opening
from portal.mailbox.keeping import finding, rules
from portal.mailbox.keeping.models import Label
from portal.mailbox.keeping.rules import Tidying
from portal.mailbox.mandates import service as mandates
from portal.mailbox.models import Dealing, Delivery, Notice
from portal.mailbox.opening import Reader
from portal.mailbox.rules import NoticeUnknown, Strength
from portal.residents import service as residents
from portal.residents.service import Person

Asked = finding.Asked
Found = finding.Found
find = finding.find


def tidy(session: Session, reader: Reader, notice_ids: Iterable[UUID], act: Tidying, *, label: int = 0) -> int:
    """Do the same with several notices of one's own mailbox; returns how many it was done with.

    Marking as read is reading: what needs a stronger sign-in is left as it was.
    """
    if act in (Tidying.LABEL, Tidying.UNLABEL) and session.get(Label, (reader.owner, label)) is None:
        raise rules.LabelUnknown
    wanted = list(notice_ids)[: rules.MOST_AT_ONCE]
    query = (
        select(Notice.number, Notice.strength)
        .join(Delivery, Delivery.notice_number == Notice.number)
        .where(Notice.id.in_(wanted), Delivery.resident_id == reader.owner)
        .order_by(Notice.number)
    )
    done = 0
    for number, strength in session.execute(query).all():
        if act is Tidying.READ:
            done += strength <= reader.assurance and opening.mark_read(session, reader.owner, number)
        else:
            done += _put(opening.dealing_of(session, reader.owner, number), act, label)
    return done


def _put(dealing: Dealing, act: Tidying, label: int) -> bool:
    """Change one row as *act* says; whether that changed anything."""
    before = (dealing.archived_at, dealing.labels)
    if act is Tidying.ARCHIVE:
        dealing.archived_at = dealing.archived_at or clock.now()
    elif act is Tidying.RESTORE:
        dealing.archived_at = None
    else:
        numbers = set(_numbers(dealing.labels)) - {label} | ({label} if act is Tidying.LABEL else set())
        dealing.labels = f",{','.join(map(str, sorted(numbers)))}," if numbers else ""
    return (dealing.archived_at, dealing.labels) != before


def _numbers(labels: str) -> list[int]:
    return [int(number) for number in labels.split(",") if number]


def labels(session: Session, owner: UUID) -> list[Label]:
    """The owner's labels by name."""
    return list(session.scalars(select(Label).where(Label.resident_id == owner).order_by(Label.name)))


def labels_of(session: Session, owner: UUID, dealing: Dealing | None) -> list[str]:
    """The names of the labels a notice has."""
    if dealing is None or not dealing.labels:
        return []
    has = set(_numbers(dealing.labels))
    return [label.name for label in labels(session, owner) if label.number in has]


def add_label(session: Session, owner: UUID, name: str) -> int:
    """A new label; its number is the first that is free. Raises labels-full, label-taken."""
    for number in rules.free_numbers({label.number: label.name for label in labels(session, owner)}, name):
        row = {"resident_id": owner, "number": number, "name": name}
        if insert_once(session, Label.__table__, row):  # type: ignore[arg-type]
            did(session, Action.CREATE, whose=owner, what="mailbox_labels")
            return number
    raise rules.LabelsFull(most=rules.MOST_LABELS)


def remove_label(session: Session, owner: UUID, number: int) -> None:
    """The label is gone, also from the notices that had it; they themselves stay."""
    label = session.get(Label, (owner, number))
    if label is None:
        return
    session.delete(label)
    bare = func.replace(Dealing.labels, f",{number},", ",")
    mine = (Dealing.resident_id == owner, Dealing.labels.contains(f",{number},", autoescape=True))
    session.execute(update(Dealing).where(*mine).values(labels=bare).execution_options(synchronize_session=False))
    alone = update(Dealing).where(Dealing.resident_id == owner, Dealing.labels == ",").values(labels="")
    session.execute(alone.execution_options(synchronize_session=False))


@dataclass(frozen=True, slots=True)
class OfChild:
    """A child of the reader's and the newest notices in its mailbox."""

    id: UUID
    name: str
    items: list[listing.Item]


def _children(session: Session, guardian: UUID) -> list[Person]:
    """Whom the reader may read for: minors of the household, as far as 続柄 tells; nobody where somebody is under
    支援措置 (住民基本台帳事務処理要領 第6-10: their whereabouts must not become known, not even at home)."""
    own = residents.standing_of(session, guardian)
    if own is None or own.guarded:
        return []
    person = residents.look_up(session, guardian)
    return residents.children_of(session, person)


def of_family(session: Session, actor: Actor, *, language: str) -> list[OfChild]:
    """The newest notices of each child; those that need a strong sign-in are for their owner alone."""
    assert actor.id
    query = finding.is_of(listing.page_of(listing.title_in(language))).where(Dealing.archived_at.is_(None))
    found = []
    for child in _children(session, actor.id):
        rows = session.execute(query, {"resident": child.id, "before": listing.NEWEST})
        items = [listing.item(tuple, tuple(row)) for row in rows]
        found.append(OfChild(child.id, child.known_as, items[: listing.PAGE_SIZE]))
    return found


def reader_for(session: Session, actor: Actor, child_id: UUID) -> Reader:
    """The actor as reader of the mailbox of that child, or of an adult who lets them read; NoticeUnknown for anybody
    else's."""
    own = Reader.of(actor)
    if by_mandate := mandates.reader_for(session, own, child_id):
        return by_mandate
    standing = residents.standing_of(session, own.actor)
    if standing is None or standing.guarded or not residents.guards(session, own.actor, child_id):
        raise NoticeUnknown
    return Reader(child_id, own.actor, min(own.assurance, int(Strength.PASSWORD)))


def name_of_child(session: Session, reader: Reader) -> str:
    """What to call the child or adult whose notice is read."""
    if reader.by_mandate:
        return mandates.name_of_owner(session, reader)
    return residents.look_up(session, reader.owner).known_as
