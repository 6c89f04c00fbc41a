"""Pages of staff: letters with sign-in codes for companies."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import rules as company_rules
from portal.companies.by_post import desk, rules
from portal.companies.by_post.models import SignInLetter
from portal.core.actor import Actor
from portal.core.audit import Purpose, looked
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("company_letters_desk", __name__, "/staff/company-letters")
POSTS = Access.staff(Permission.COMPANY_LETTERS)


@room.page("", access=POSTS, purpose=Purpose.ACCOUNT)
def listed(session: Session, actor: Actor) -> str:
    """What waits, what is on its way, what became of the others."""
    return _list_page(session)


def _list_page(session: Session, refusal: Refusal | None = None, *, nothing_left: bool = False) -> str:
    return render_template(
        "by_post/desk.html",
        waiting=desk.waiting(session),
        lines=[(one, company_rules.show_number(one.number), *_state(one)) for one in desk.listed(session)],
        batches=desk.batches(session),
        most=rules.AT_ONCE,
        tries=rules.MOST_TRIES,
        again=rules.AGAIN,
        refusal=refusal,
        nothing_left=nothing_left,
    )


def _state(one: SignInLetter) -> tuple[str, str]:
    words, tone = rules.STATE_WORDS[one.ended or one.state]
    return _(words), tone


@room.page("/print", access=POSTS, purpose=Purpose.ACCOUNT, methods=("POST",))
def print_batch(session: Session, actor: Actor) -> Any:
    """Make the next batch."""
    try:
        batch = desk.print_batch(session, actor)
    except rules.NothingToPrint as refusal:
        return _list_page(session, refusal), refusal.status
    return redirect(f"/staff/company-letters/batches/{batch}", 303) if batch else _list_page(session, nothing_left=True)


@room.page("/batches/<uuid:batch>", access=POSTS, purpose=Purpose.ACCOUNT)
def show(session: Session, actor: Actor, batch: UUID) -> str:
    """One batch, and its next step."""
    lines = [(one, company_rules.show_number(one.number), *_state(one)) for one in desk.letters_of(session, batch)]
    printed = any(one.state == rules.State.PRINTED for one, *_rest in lines)
    mine = any(one.printer_id == actor.id for one, *_rest in lines)
    return render_template("by_post/batch.html", batch=batch, lines=lines, printed=printed, mine=mine)


@room.page("/batches/<uuid:batch>/letters.pdf", access=POSTS, purpose=Purpose.ACCOUNT)
def file(session: Session, actor: Actor, batch: UUID) -> Response:
    """The file for the printer, for who made the batch; once they are posted nobody draws them again."""
    from portal.companies.by_post import drawing

    found, settings = desk.to_draw(session, actor, batch), hall().settings
    looked(session, whose=None, what="sign_in_letters", case_ref=str(batch)[:8])
    content = drawing.letters(found, hall().key(rules.KEY), base_url=settings.base_url, city=settings.city_name)
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="company-letters-{str(batch)[:8]}.pdf"'
    return answer


@room.page("/batches/<uuid:batch>/posted", access=POSTS, purpose=Purpose.ACCOUNT, methods=("POST",))
def posted(session: Session, actor: Actor, batch: UUID) -> Redirect:
    """They are with the post office: a colleague of who printed them says so."""
    desk.post_batch(session, actor, batch)
    return redirect(f"/staff/company-letters/batches/{batch}", 303)


@room.page("/<uuid:letter_id>/returned", access=POSTS, purpose=Purpose.ACCOUNT, methods=("POST",))
def returned(session: Session, actor: Actor, letter_id: UUID) -> Redirect:
    """A letter came back."""
    desk.returned(session, letter_id)
    return redirect("/staff/company-letters", 303)


@room.page("/<uuid:letter_id>/again", access=POSTS, purpose=Purpose.ACCOUNT, methods=("POST",))
def again(session: Session, actor: Actor, letter_id: UUID) -> Redirect:
    """Another letter with another code."""
    desk.again(session, letter_id)
    return redirect("/staff/company-letters", 303)
