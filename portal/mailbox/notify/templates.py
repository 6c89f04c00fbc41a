"""The section's templates as Notify speaks of them: the same table its own desk writes, Japanese, of one kind each.

A template is an e-mail for programs unless its section chose letter or text message for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, literal, select
from sqlalchemy.orm import Session

from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.mailbox.composing.models import Template, TemplateVersion
from portal.mailbox.notify import filling, protocol
from portal.mailbox.notify.models import TemplateKind
from portal.mailbox.notify.protocol import Kind


class TemplateNotOfSection(Refusal):
    code = "template-not-of-section"
    status = 404
    message = N_("This section has no such template.")
    next_step = N_("Go back to the page of the section and choose one of its templates.")


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a template. `author` is the label records show, never a person's name."""

    id: UUID
    kind: Kind
    name: str
    version: int
    subject: str
    body: str
    texts: dict[str, dict[str, str]]
    author: str
    made_at: datetime
    saved_at: datetime
    is_archived: bool

    @property
    def places(self) -> list[str]:
        return filling.places(*self.parts)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is filled: a text message has no subject."""
        return (self.body,) if self.kind is Kind.SMS else (self.subject, self.body)


_FIRST = TemplateVersion.__table__.alias("first")
_KIND = func.coalesce(TemplateKind.kind, str(Kind.EMAIL))


def _query(section_id: UUID) -> Select[Any]:
    return (
        select(
            Template.id,
            _KIND.label("kind"),
            Template.name,
            TemplateVersion.version,
            TemplateVersion.content,
            TemplateVersion.author_label,
            _FIRST.c.saved_at.label("made_at"),
            TemplateVersion.saved_at,
            Template.archived_at,
        )
        .join(TemplateVersion, TemplateVersion.template_id == Template.id)
        .join(_FIRST, (_FIRST.c.template_id == Template.id) & (_FIRST.c.version == 1))
        .outerjoin(TemplateKind, TemplateKind.template_id == Template.id)
        .where(Template.section_id == section_id)
    )


def find(session: Session, section_id: UUID, template_id: UUID, *, version: int | None = None) -> Wording | None:
    """A template of the section, its newest version or that one."""
    wanted = Template.version if version is None else literal(version)
    query = _query(section_id).where(Template.id == template_id, TemplateVersion.version == wanted)
    row = session.execute(query).first()
    return _wording(row) if row else None


def all_of(session: Session, section_id: UUID, kind: Kind | None = None) -> list[Wording]:
    """The section's templates in use, by name."""
    query = _query(section_id).where(TemplateVersion.version == Template.version, Template.archived_at.is_(None))
    if kind:
        query = query.where(_KIND.in_([str(kind)]))
    return [_wording(row) for row in session.execute(query.order_by(Template.name, Template.id))]


def versions_of(session: Session, section_id: UUID, template_id: UUID) -> list[Wording]:
    """Every version, the newest first."""
    query = _query(section_id).where(Template.id == template_id).order_by(TemplateVersion.version.desc())
    return [_wording(row) for row in session.execute(query)]


def choose_kind(session: Session, section_id: UUID, template_id: UUID, kind: Kind) -> None:
    """From now on programs send this template so."""
    if find(session, section_id, template_id) is None:
        raise TemplateNotOfSection
    row = {"template_id": template_id, "kind": str(kind)}
    if insert_once(session, TemplateKind.__table__, row) == 0:  # type: ignore[arg-type]
        session.get_one(TemplateKind, template_id).kind = str(kind)


def _wording(row: Row[Any]) -> Wording:
    texts: dict[str, dict[str, str]] = row.content.get("texts", {})
    japanese = texts.get("ja", {})
    return Wording(
        id=row.id,
        kind=Kind(row.kind),
        name=row.name,
        version=row.version,
        subject=japanese.get("title", ""),
        body=japanese.get("body", ""),
        texts=texts,
        author=row.author_label,
        made_at=row.made_at,
        saved_at=row.saved_at,
        is_archived=row.archived_at is not None,
    )


def shown(wording: Wording) -> dict[str, Any]:
    """A template as the API writes it."""
    return {
        "id": str(wording.id),
        "type": wording.kind,
        "created_at": protocol.written(wording.made_at),
        "updated_at": protocol.written(wording.saved_at) if wording.version > 1 else None,
        "created_by": wording.author,
        "version": wording.version,
        "body": wording.body,
        "subject": None if wording.kind is Kind.SMS else wording.subject,
        "name": wording.name,
        "personalisation": {place: {"required": True} for place in wording.places},
        "postage": "second" if wording.kind is Kind.LETTER else None,
        "letter_contact_block": None,
    }


def listed(wordings: Sequence[Wording]) -> dict[str, Any]:
    return {"templates": [shown(wording) for wording in wordings]}
