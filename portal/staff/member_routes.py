"""Pages of one staff account for operators: what it may do, and the acts that end something, each asked once more."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission, Role
from portal.core.words import N_
from portal.staff import rules, service
from portal.staff.models import Member
from portal.web import one_time_code
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.i18n import office_words
from portal.web.room import Room

room = Room("staff_member", __name__, "/staff/members")

MANAGE = Access.staff(Permission.STAFF_MANAGE)


@room.page("/<uuid:member_id>", access=MANAGE, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor, member_id: UUID) -> str:
    """One account and what can be done with it."""
    member = service.member(session, member_id)
    return render_template("staff/member.html", member=member, facts=_facts(member), is_me=member.id == actor.id)


def _facts(member: Member) -> list[dict[str, str]]:
    place = f"{member.section.office_name} {member.section.name}"
    roles = ", ".join(_(rules.ROLE_WORDS[Role(role)]) for role in member.roles)
    return [
        {"label": _("Staff number"), "value": member.number},
        {"label": _("Name"), "value": member.name},
        {"label": _("Section"), "value": office_words(place)},
        {"label": _("Roles"), "value": roles},
    ]


def _ask(member: Member, *, question: str, words: str, consequence: str, action: str) -> str:
    return render_template(
        "confirm.html",
        base="staff_base.html",
        question=_(question),
        words=_(words),
        consequence=_(consequence),
        facts=_facts(member),
        action=url_for(action, member_id=member.id),
        back=url_for(".show", member_id=member.id),
    )


@room.page("/<uuid:member_id>/deactivate", access=MANAGE, purpose=Purpose.OPERATION)
def ask_deactivate(session: Session, actor: Actor, member_id: UUID) -> Any:
    """Asks once: a closed account stays closed."""
    return _ask(
        service.member(session, member_id),
        question=N_("Close this account?"),
        words=N_("Close the account"),
        consequence=N_("This person can no longer sign in, and is signed out everywhere at once. It cannot be undone."),
        action=".deactivate",
    )


@room.page("/<uuid:member_id>/deactivate", access=MANAGE, purpose=Purpose.OPERATION, methods=("POST",))
def deactivate(session: Session, actor: Actor, member_id: UUID) -> Redirect:
    """Close an account and end its sessions at once."""
    service.deactivate(session, actor, member_id)
    return redirect("/staff/members", 303)


@room.page("/<uuid:member_id>/code", access=MANAGE, purpose=Purpose.OPERATION)
def ask_code(session: Session, actor: Actor, member_id: UUID) -> str:
    """Asks once: whoever holds the code can take the account over."""
    return _ask(
        service.member(session, member_id),
        question=N_("Make a code for a new password?"),
        words=N_("Make the code"),
        consequence=N_("Make sure in person who asks for it: whoever has the code can take this account over."),
        action=".make_code",
    )


@room.page(
    "/<uuid:member_id>/code",
    access=MANAGE,
    purpose=Purpose.OPERATION,
    methods=("POST",),
    before=one_time_code.new_code,
)
def make_code(session: Session, actor: Actor, member_id: UUID, found: tuple[str, str]) -> str:
    """A code with which the member sets a new password; it is shown once, here."""
    code, kept = found
    member = service.hand_out_code(session, actor, member_id, kept)
    hours = int(one_time_code.LIFE.total_seconds() // 3600)
    return render_template("staff/member_code.html", member=member, code=code, hours=hours)


@room.page("/<uuid:member_id>/sign-out", access=MANAGE, purpose=Purpose.OPERATION)
def ask_sign_out(session: Session, actor: Actor, member_id: UUID) -> str:
    """Asks once: somebody may be in the middle of their work."""
    return _ask(
        service.member(session, member_id),
        question=N_("Sign this person out everywhere?"),
        words=N_("Sign out everywhere"),
        consequence=N_("Whatever is open on this person's screens has to be opened again after a new sign-in."),
        action=".sign_out",
    )


@room.page("/<uuid:member_id>/sign-out", access=MANAGE, purpose=Purpose.OPERATION, methods=("POST",))
def sign_out(session: Session, actor: Actor, member_id: UUID) -> Redirect:
    """End every session of a member."""
    service.end_sessions(session, member_id)
    return redirect(url_for(".show", member_id=member_id), 303)
