"""Drafts: what a clerk types is kept at once, half done or not; what is complete becomes what the notice says.

Two pages that write the same draft: each save names the revision it was typed over. Another page's newer one is never
typed over; the second is told, and both texts stay. Whoever changes a notice locks its row first, so a draft that is being
sent cannot be changed under it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.mailbox import rules
from portal.mailbox.attachments import service as attachments
from portal.mailbox.composing import people
from portal.mailbox.composing.lists import People
from portal.mailbox.composing.models import Plan, Recipient, Step
from portal.mailbox.composing.rules import Done, NotADraft, TypedOver
from portal.mailbox.keeping.models import Findable
from portal.mailbox.models import Notice
from portal.mailbox.rules import Kind, State, Strength
from portal.segments import service as segments
from portal.segments.service import Condition, Saved

# The languages of a section's texts; "easy" is やさしい日本語.
TEXTS = ("ja", "easy", "en", "zh", "ko", "es", "pt")


@dataclass(frozen=True, slots=True)
class Content:
    """What a notice says and asks for, without its readers. `texts` is {language: {"title", "body"}}."""

    kind: Kind = Kind.INFORMATION
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    strength: Strength = Strength.PASSWORD
    choices: dict[str, Any] = field(default_factory=dict)
    procedure: str = ""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Content":
        """As a template keeps it."""
        return cls(
            kind=Kind(kept.get("kind", Kind.INFORMATION)),
            texts=dict(kept.get("texts", {})),
            strength=Strength(kept.get("strength", Strength.PASSWORD)),
            choices=dict(kept.get("choices", {})),
            procedure=kept.get("procedure", ""),
        )

    @classmethod
    def of_notice(cls, notice: Notice) -> "Content":
        return cls(
            Kind(notice.kind), dict(notice.texts), Strength(notice.strength), dict(notice.choices), notice.procedure
        )


def write(
    session: Session,
    author: Actor,
    *,
    kind: Kind,
    texts: dict[str, dict[str, str]],
    segment: Condition,
    kept: Saved | None = None,
    due_on: date | None = None,
    procedure: str = "",
    strength: Strength = Strength.PASSWORD,
    choices: dict[str, Any] | None = None,
) -> Notice:
    """Keep a complete draft; *texts* needs Japanese, other languages fall back to it; *kept*
    is the section's segment that *segment* was taken from; *choices* are `rules.answer_terms`."""
    rules.check_due(kind, due_on, clock.today())
    rules.check_choices(kind, choices or {})
    content = Content(kind, texts, strength, choices or {}, procedure)
    notice = _new(session, author, content, readers_of(segment, kept), due_on)
    _plan(session, author, notice, ready=True)
    return notice


def readers_of(condition: Condition, kept: Saved | None = None) -> dict[str, Any]:
    """Who fits *condition*, as `Notice.segment` keeps it; *kept* is the section's segment it was taken from."""
    return segments.as_json(condition, segment_id=kept.id if kept else None, version=kept.version if kept else None)


def begin(
    session: Session,
    author: Actor,
    content: Content,
    *,
    readers: dict[str, Any] | None = None,
    due_on: date | None = None,
    template: tuple[UUID, int] | None = None,
    corrects: int | None = None,
) -> Notice:
    """A draft to go on with: it is complete only once it was saved as such."""
    notice = _new(session, author, content, readers or readers_of(segments.EVERYBODY), due_on)
    _plan(session, author, notice, ready=False, template=template, corrects=corrects)
    note(session, notice.number, author, Done.CREATED)
    return notice


def _new(session: Session, author: Actor, content: Content, readers: dict[str, Any], due_on: date | None) -> Notice:
    notice = Notice(
        kind=content.kind,
        state=State.DRAFT,
        section=author.label.rpartition(" ")[0],  # "office section": the label without the staff number
        section_id=author.section,
        author_id=author.id,
        texts=content.texts or {"ja": {"title": "", "body": ""}},
        due_on=due_on,
        procedure=content.procedure,
        strength=content.strength,
        choices=content.choices,
        segment=readers,
        written_at=clock.now(),
    )
    session.add(notice)
    session.flush()
    return notice


def _plan(
    session: Session,
    author: Actor,
    notice: Notice,
    *,
    ready: bool,
    template: tuple[UUID, int] | None = None,
    corrects: int | None = None,
) -> None:
    made = Plan(
        notice_number=notice.number,
        revision=0,
        page="",
        typed={},
        ready=ready,
        template_id=template[0] if template else None,
        template_version=template[1] if template else None,
        corrects=corrects,
        edited_by=author.id,
        saved_at=clock.now(),
        digest="",
        people=0,
        reason="",
    )
    session.add(made)
    session.flush()


def plan_sent(session: Session, author: Actor, notice: Notice) -> None:
    """What goes out without a draft (an alarm) stands on its section's list like any other."""
    _plan(session, author, notice, ready=True)
    note(session, notice.number, author, Done.SENT)


def note(session: Session, number: int, actor: Actor, done: Done, words: str = "") -> None:
    """Put a step into the notice's course."""
    session.add(
        Step(notice_number=number, at=clock.now(), step=done, actor_id=actor.id, actor_label=actor.label, words=words)
    )


def open_notice(session: Session, clerk: Actor, notice_id: UUID) -> Notice:
    """A notice of the clerk's own section, in whatever state; who has no section has none."""
    query = select(Notice).where(Notice.id == notice_id, Notice.section_id == clerk.section)
    notice = session.scalars(query).one_or_none() if clerk.section else None
    if notice is None:
        raise rules.NoticeUnknown
    return notice


def open_plan(session: Session, clerk: Actor, notice_id: UUID) -> tuple[Notice, Plan]:
    """The notice and what is going to be done with it."""
    notice = open_notice(session, clerk, notice_id)
    return notice, session.get_one(Plan, notice.number)


def steps_of(session: Session, number: int) -> Sequence[Step]:
    """Who did what with the notice, the first first."""
    return session.scalars(select(Step).where(Step.notice_number == number).order_by(Step.id)).all()


def lock_draft(session: Session, notice: Notice) -> None:
    """Nobody else changes or sends the draft until this transaction ends; raises NotADraft."""
    locked = session.execute(
        update(Notice)
        .where(Notice.number == notice.number, Notice.state == State.DRAFT)
        .values(written_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
    if locked.rowcount != 1:  # type: ignore[attr-defined]
        raise NotADraft


def keep(session: Session, clerk: Actor, notice: Notice, typed: Mapping[str, str], *, base: int, page: str) -> int:
    """Keep what was typed, as it is, over revision *base*; returns the new revision. The page that wrote last may go on
    writing. Raises NotADraft, and TypedOver when another page wrote meanwhile: nothing is kept then."""
    lock_draft(session, notice)
    mine = Plan.revision == base
    if page:
        mine = or_(mine, Plan.page == page)
    kept = session.execute(
        update(Plan)
        .where(Plan.notice_number == notice.number, mine)
        .values(
            revision=Plan.revision + 1,
            page=page,
            typed=dict(typed),
            ready=False,
            edited_by=clerk.id,
            saved_at=clock.now(),
        ),
        execution_options={"synchronize_session": False},
    )
    if kept.rowcount != 1:  # type: ignore[attr-defined]
        raise TypedOver
    if clerk.id not in _writers(session, notice.number):
        note(session, notice.number, clerk, Done.CHANGED)
    plan = session.get_one(Plan, notice.number, populate_existing=True)
    return plan.revision


def _writers(session: Session, number: int) -> set[UUID | None]:
    wrote = (Step.notice_number == number, Step.step.in_([str(Done.CREATED), str(Done.CHANGED)]))
    return set(session.scalars(select(Step.actor_id).where(*wrote)))


def first_persons(session: Session, notice: Notice, plan: Plan) -> set[UUID | None]:
    """Who has a part in it, however small, and so is not the second person."""
    return {notice.author_id, plan.asked_by, plan.edited_by} | _writers(session, notice.number)


def touch(session: Session, notice: Notice) -> None:
    """Something beside the text was changed: who saw it before must look again."""
    changed = update(Plan).where(Plan.notice_number == notice.number).values(revision=Plan.revision + 1)
    session.execute(changed, execution_options={"synchronize_session": False})


def settle(
    session: Session,
    notice: Notice,
    content: Content,
    *,
    readers: dict[str, Any],
    listed: People | None,
    due_on: date | None,
) -> None:
    """What was typed is complete: the notice says it now. In the transaction of `keep`."""
    notice.kind, notice.texts, notice.strength = content.kind, content.texts, content.strength
    notice.choices, notice.procedure = content.choices, content.procedure
    notice.due_on, notice.segment = due_on, readers
    people.keep(session, notice, listed)
    session.get_one(Plan, notice.number).ready = True
    session.flush()


def discard(session: Session, notice: Notice) -> None:
    """A draft nobody sends goes away with all that was typed."""
    lock_draft(session, notice)
    attachments.drop_all(session, notice)
    for table in (Recipient, Step, Plan, Findable):
        gone = delete(table).where(table.notice_number == notice.number)
        session.execute(gone, execution_options={"synchronize_session": False})
    session.expunge_all()
    session.execute(delete(Notice).where(Notice.number == notice.number))


def copy(session: Session, clerk: Actor, notice: Notice) -> Notice:
    """A new draft that says what *notice* says, to the same choice of people; a list is not copied."""
    listed = people.LISTED in notice.segment or people.SAME in notice.segment
    plan = session.get_one(Plan, notice.number)
    template = (plan.template_id, plan.template_version) if plan.template_id and plan.template_version else None
    readers = None if listed else dict(notice.segment)
    return begin(session, clerk, Content.of_notice(notice), readers=readers, template=template)
