"""Pages of a section's templates."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.mailbox.composing import library, view
from portal.mailbox.composing.drafts import Content
from portal.mailbox.composing.forms import TemplateForm, language_name, sent, typed_of
from portal.mailbox.composing.models import Template
from portal.mailbox.composing.rules import LONGEST_NAME, TypedOver
from portal.web.access import Access
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("composing_library", __name__, "/staff/notices/templates")
SENDER = Access.staff(Permission.NOTICE_WRITE)


@room.page("", access=SENDER, purpose=Purpose.SENDING)
def listed(session: Session, actor: Actor) -> str:
    """The section's templates."""
    archived = request.args.get("show") == "archived"
    return render_template(
        "composing/templates.html",
        templates=[(one, _languages(session, one)) for one in library.all_of(session, actor, archived=archived)],
        archived=archived,
    )


def _languages(session: Session, template: Template) -> str:
    texts = library.version(session, template).content["texts"]
    return "、".join(language_name(code) for code in texts)


@room.page("/new", access=SENDER, purpose=Purpose.SENDING)
def new(session: Session, actor: Actor) -> str:
    """An empty template."""
    return _page(None, TemplateForm.of(typed_of(Content())).label(view.procedures()))


@room.page("/new", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def found(session: Session, actor: Actor) -> Any:
    """Keep a new template."""
    form = TemplateForm.of(sent(TemplateForm)).label(view.procedures())
    if not form.validate():
        return _page(None, form), 422
    made = library.found(session, actor, form.name.data, form.content())
    return redirect(url_for(".show", template_id=made.id), 303)


@room.page("/<uuid:template_id>", access=SENDER, purpose=Purpose.SENDING)
def show(session: Session, actor: Actor, template_id: UUID) -> str:
    """A template to change."""
    template = library.open_template(session, actor, template_id)
    typed = typed_of(Content.of(library.version(session, template).content)) | {"name": template.name}
    return _page(template, TemplateForm.of(typed).label(view.procedures()))


@room.page("/<uuid:template_id>", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def save(session: Session, actor: Actor, template_id: UUID) -> Any:
    """Keep another version."""
    template = library.open_template(session, actor, template_id)
    form = TemplateForm.of(sent(TemplateForm)).label(view.procedures())
    if not form.validate():
        return _page(template, form), 422
    typed = request.form.get("_base", "")
    base = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1
    try:
        library.save(session, actor, template, form.name.data, form.content(), base=base)
    except TypedOver:
        session.refresh(template)
        newest = typed_of(Content.of(library.version(session, template).content)) | {"name": template.name}
        theirs = TemplateForm.of(newest).label(view.procedures())
        return _page(template, form, crossed=view.crossing(form, theirs)), 409
    return redirect(url_for(".versions", template_id=template_id), 303)


def _page(template: Template | None, form: TemplateForm, crossed: Any = None) -> str:
    return render_template(
        "composing/template.html",
        template=template,
        form=form,
        in_languages=view.fields_by_language(form),
        facts=view.fact_names(),
        crossed=crossed,
    )


@room.page("/<uuid:template_id>/versions", access=SENDER, purpose=Purpose.SENDING)
def versions(session: Session, actor: Actor, template_id: UUID) -> str:
    """All versions, and what differs between two."""
    template = library.open_template(session, actor, template_id)
    kept = library.versions(session, template)
    new = library.version(session, template, _number("new", template.version, template.version))
    old = library.version(session, template, _number("old", max(1, new.version - 1), template.version))
    return render_template(
        "composing/versions.html",
        template=template,
        versions=kept,
        old=old,
        new=new,
        differences=[
            {
                "label": f"{language_name(one.language)}: "
                + (gettext("Title") if one.part == "title" else gettext("Text")),
                "lang": view.lang(one.language),
                "before": one.before,
                "after": one.after,
            }
            for one in library.differences(old, new)
        ],
    )


def _number(name: str, usual: int, most: int) -> int:
    typed = request.args.get(name, "")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else usual
    return min(max(number, 1), most)


@room.page("/<uuid:template_id>/copy", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def copy(session: Session, actor: Actor, template_id: UUID) -> Redirect:
    """Another template that begins with the same."""
    template = library.open_template(session, actor, template_id)
    name = gettext("%(name)s (copy)", name=template.name)[:LONGEST_NAME]
    made = library.copy(session, actor, template, name)
    return redirect(url_for(".show", template_id=made.id), 303)


@room.page("/<uuid:template_id>/archive", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def archive(session: Session, actor: Actor, template_id: UUID) -> Redirect:
    """No longer offered."""
    library.put_away(session, library.open_template(session, actor, template_id))
    return redirect(url_for(".listed"), 303)


@room.page("/<uuid:template_id>/restore", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def restore(session: Session, actor: Actor, template_id: UUID) -> Redirect:
    """Offered again."""
    library.take_out(session, library.open_template(session, actor, template_id))
    return redirect(url_for(".listed"), 303)
