"""A section's templates. Each save is a version that never changes; a notice names the one it began with."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.mailbox.composing.drafts import TEXTS, Content
from portal.mailbox.composing.models import Template, TemplateVersion
from portal.mailbox.composing.rules import LONGEST_NAME, TemplateUnknown, TypedOver


def all_of(session: Session, clerk: Actor, *, archived: bool = False) -> Sequence[Template]:
    """The templates of the clerk's section by name: those in use, or those put away."""
    if clerk.section is None:
        return ()
    shown = Template.archived_at.is_not(None) if archived else Template.archived_at.is_(None)
    query = select(Template).where(Template.section_id == clerk.section, shown).order_by(Template.name, Template.id)
    return session.scalars(query).all()


def open_template(session: Session, clerk: Actor, template_id: UUID) -> Template:
    """One of the clerk's own section, also one put away."""
    found = session.get(Template, template_id)
    if found is None or clerk.section is None or found.section_id != clerk.section:
        raise TemplateUnknown
    return found


def version(session: Session, template: Template, number: int | None = None) -> TemplateVersion:
    """What it says, or said once."""
    found = session.get(TemplateVersion, (template.id, number or template.version))
    if found is None:
        raise TemplateUnknown
    return found


def versions(session: Session, template: Template) -> Sequence[TemplateVersion]:
    """All of them, the newest first."""
    query = select(TemplateVersion).where(TemplateVersion.template_id == template.id)
    return session.scalars(query.order_by(TemplateVersion.version.desc())).all()


def found(session: Session, clerk: Actor, name: str, content: Content) -> Template:
    """A new template of the clerk's section with its first version."""
    if clerk.section is None:
        raise TemplateUnknown
    made = Template(section_id=clerk.section, name=name[:LONGEST_NAME], version=1, saved_at=clock.now())
    session.add(made)
    session.flush()
    _add(session, clerk, made, content)
    return made


def save(session: Session, clerk: Actor, template: Template, name: str, content: Content, *, base: int) -> int:
    """Another version over *base*; raises TypedOver when there is a newer one. What says the same is no new version."""
    last = version(session, template)
    if base == template.version and last.content == _kept(content) and name == template.name:
        return base
    saved = session.execute(
        update(Template)
        .where(Template.id == template.id, Template.version == base)
        .values(version=base + 1, name=name[:LONGEST_NAME], saved_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
    if saved.rowcount != 1:  # type: ignore[attr-defined]
        raise TypedOver
    session.refresh(template)
    _add(session, clerk, template, content)
    return template.version


def _add(session: Session, clerk: Actor, template: Template, content: Content) -> None:
    session.add(
        TemplateVersion(
            template_id=template.id,
            version=template.version,
            content=_kept(content),
            author_id=clerk.id,
            author_label=clerk.label,
            saved_at=clock.now(),
        )
    )
    session.flush()
    did(session, Action.CREATE, whose=None, what="notice_templates", case_ref=f"{template.version}")


def _kept(content: Content) -> dict[str, object]:
    return asdict(content) | {"kind": str(content.kind), "strength": int(content.strength)}


def copy(session: Session, clerk: Actor, template: Template, name: str) -> Template:
    """A template of its own that begins with what this one says."""
    return found(session, clerk, name, Content.of(version(session, template).content))


def put_away(session: Session, template: Template) -> None:
    """No longer offered; what was sent with it keeps it."""
    template.archived_at = template.archived_at or clock.now()


def take_out(session: Session, template: Template) -> None:
    """Offered again."""
    template.archived_at = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One text in two versions, as parts (words, whether they differ)."""

    language: str
    part: str
    before: list[tuple[str, bool]]
    after: list[tuple[str, bool]]


def differences(old: TemplateVersion, new: TemplateVersion) -> list[Difference]:
    """The texts that differ, by language and part (title, body)."""
    found = []
    for language in TEXTS:
        for part in ("title", "body"):
            before = old.content["texts"].get(language, {}).get(part, "")
            after = new.content["texts"].get(language, {}).get(part, "")
            if before != after:
                found.append(Difference(language, part, *compare(before, after)))
    return found


def compare(before: str, after: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both texts as parts, marked where they differ."""
    old, new = list[tuple[str, bool]](), list[tuple[str, bool]]()
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if b > a:
            old.append((before[a:b], tag != "equal"))
        if d > c:
            new.append((after[c:d], tag != "equal"))
    return old, new
