"""Pages of staff: sign-in, the desk, and the operators' list of accounts."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core import passwords
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.permissions import ROLES, Permission, Role
from portal.core.words import N_
from portal.staff import browsers, rules, service
from portal.web import password_try
from portal.web import session as web_session
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.i18n import office_words
from portal.web.room import Room
from portal.web.way_back import way_back

room = Room("staff", __name__, "/staff")

WRONG = N_("The login ID or the password is not right.")


def _try_password() -> UUID | None:
    return password_try.check(
        "staff sign-in",
        request.form.get("login_id", ""),
        request.form.get("password", ""),
        find=service.password_of,
        knows=browsers.knows,
    )


@room.page("/sign-in", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def sign_in_form(session: Session, actor: Actor) -> str | Redirect:
    """The sign-in page of staff."""
    if actor.kind is Kind.STAFF:
        return redirect(way_back("/staff/"), 303)
    return _sign_in_page("", "")


@room.page("/sign-in", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",), before=_try_password)
def sign_in(session: Session, actor: Actor, found: UUID | None) -> Any:
    """Begin a session of staff; one answer for whatever was wrong."""
    login_id = request.form.get("login_id", "")
    who = service.actor_of(session, found) if found else None
    if who is None:
        return _sign_in_page(login_id, _(WRONG)), 422
    password_try.forgive(session, "staff sign-in", login_id)
    web_session.sign_in(session, *who)
    browsers.remember()
    return redirect(way_back("/staff/"), 303)


def _sign_in_page(login_id: str, error: str) -> str:
    return render_template(
        "staff/sign_in.html",
        login_id=password_try.as_typed(login_id),
        error=error,
        next=way_back(""),
        password_changed=request.args.get("changed") == "password",
    )


@room.page("/sign-out", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",))
def sign_out(session: Session, actor: Actor) -> Redirect:
    """End the session of this browser."""
    web_session.end_this(session)
    return redirect("/staff/sign-in", 303)


@room.page("/", access=Access.STAFF)
def desk(session: Session, actor: Actor) -> str:
    """The desk: what this member's roles let them do."""
    tiles = [{"label": _(place.words), "href": place.url, "icon": place.icon} for place in service.desk_of(actor)]
    return render_template("staff/desk.html", tiles=tiles, office=service.office_name(session, actor.office))


@dataclass(slots=True)
class NewMember:
    """What the operator typed, and what is wrong with it (field → words)."""

    login_id: str = ""
    name: str = ""
    section_id: str = ""
    roles: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, sections: list[str]) -> "NewMember":
        form = request.form
        new = cls(form.get("login_id", "").strip(), form.get("name", "").strip(), form.get("section_id", ""))
        new.roles = [role for role in form.getlist("roles") if role in set(Role)]
        if not rules.is_login_id(new.login_id):
            new.errors["login_id"] = _("Use 3 to 40 lower-case letters, digits, dots or hyphens.")
        if not 1 <= len(new.name) <= 100 or not new.name.isprintable():
            new.errors["name"] = _("Enter the name.")
        if new.section_id not in sections:
            new.errors["section_id"] = _("Choose a section.")
        if not new.roles:
            new.errors["roles"] = _("Choose at least one role.")
        return new


@room.page("/members", access=Access.staff(Permission.STAFF_MANAGE), purpose=Purpose.OPERATION)
def members(session: Session, actor: Actor) -> str:
    """Every staff account, and the table of roles and permissions."""
    return _members_page(session, NewMember())


def _members_page(session: Session, new: NewMember) -> str:
    return render_template(
        "staff/members.html",
        members=service.members(session),
        sections=[(str(row.id), office_words(f"{row.office} {row.section}")) for row in service.sections(session)],
        roles=[(str(role), _(words)) for role, words in rules.ROLE_WORDS.items()],
        role_words={str(role): _(words) for role, words in rules.ROLE_WORDS.items()},
        allowances=[
            (_(words), [_(rules.PERMISSION_WORDS[need]) for need in Permission if need in ROLES[role]])
            for role, words in rules.ROLE_WORDS.items()
        ],
        new=new,
        errors=list(new.errors.items()),
    )


def _first_password() -> tuple[str, str]:
    password = service.first_password()
    return password, passwords.hash_password(password)


@room.page(
    "/members",
    access=Access.staff(Permission.STAFF_MANAGE),
    purpose=Purpose.OPERATION,
    methods=("POST",),
    before=_first_password,
)
def add_member(session: Session, actor: Actor, found: tuple[str, str]) -> Any:
    """Open an account; its first password is shown once, here."""
    new = NewMember.read([str(row.id) for row in service.sections(session)])
    if new.errors:
        return _members_page(session, new), 422
    password, kept = found
    member = service.add_member(
        session,
        login_id=new.login_id,
        name=new.name,
        section_id=UUID(new.section_id),
        roles=[Role(role) for role in new.roles],
        password_hash=kept,
    )
    return render_template("staff/member_added.html", member=member, password=password)
