"""Staff accounts: find, add, close; offices and sections for every room above."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.among import Among
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.core.permissions import Permission, Role, permissions_of
from portal.staff import desk, rules
from portal.staff.models import Member, Office, Section
from portal.web import one_time_code, signed_in

desk_of = desk.desk_of


def offices(session: Session) -> list[Office]:
    """All offices, wards first, in the customary order (that of the ward codes)."""
    order = ("chuo", "hanamigawa", "inage", "wakaba", "midori", "mihama", "honcho", "shori")
    found = {office.code: office for office in session.scalars(select(Office))}
    return sorted(found.values(), key=lambda office: order.index(office.code) if office.code in order else 99)


def office_name(session: Session, code: str) -> str:
    """What signs and papers call the office; the code itself when there is none such."""
    return session.scalar(select(Office.name).where(Office.code == code)) or code


def office_names(session: Session, codes: Collection[str]) -> dict[str, str]:
    """The same of several offices, by code."""
    return {code: code for code in codes} | dict(_NAMES.rows(session, codes))


_NAMES = Among(select(Office.code, Office.name), Office.__table__.c.code)


def section(session: Session, *, office: str, name: str) -> Section:
    """The section of that name in that office; it is founded when there was none."""
    found = session.scalar(select(Section).where(Section.office == office, Section.name == name))
    if found is None:
        found = Section(id=new_id(), office=office, name=name)
        session.add(found)
        session.flush()
    return found


def known_section(session: Session, *, office: str, name: str) -> UUID | None:
    """The section of that name in that office; None when there is none such."""
    return session.scalar(select(Section.id).where(Section.office == office, Section.name == name))


def section_name(session: Session, section_id: UUID) -> str:
    """What the section is called, "" when there is none such."""
    return session.scalar(select(Section.name).where(Section.id == section_id)) or ""


def city_section(session: Session, section_id: UUID) -> str:
    """What a section of the city is called; "" for a section of another public body, and where there is none such."""
    query = select(Section.name).join(Office, Office.code == Section.office)
    return session.scalar(query.where(Section.id == section_id, Office.body == "")) or ""


def city_sections(session: Session, name: str) -> list[UUID]:
    """The city's own sections of this name, one in each office that has it."""
    query = select(Section.id).join(Office, Office.code == Section.office)
    return list(session.scalars(query.where(Section.name == name, Office.body == "").order_by(Section.id)))


def give_office(session: Session, code: str, body: str) -> bool:
    """Whose house an office is: that of a public body, or "" of the city; False where there is no such office."""
    office = session.get(Office, code, with_for_update=True)
    if office is None:
        return False
    office.body = body
    session.flush()
    did(session, Action.CHANGE, whose=None, what="offices(body)", case_ref=f"{code} {body}".strip())
    return True


def section_label(session: Session, section_id: UUID) -> str:
    """How the section is named to people: "office section", or the office alone where both are one."""
    query = (
        select(Office.name, Section.name).join(Office, Office.code == Section.office).where(Section.id == section_id)
    )
    row = session.execute(query).first()
    return "" if row is None else row[0] if row[0] == row[1] else f"{row[0]} {row[1]}"


def office_of_ward(session: Session, ward: str) -> str:
    """The code of a ward's own office, "" for a ward that has none."""
    return session.scalar(select(Office.code).where(Office.ward == ward)) or "" if ward else ""


def password_of(session: Session, login_id: str) -> tuple[UUID, str] | None:
    """(member, kept password hash) of an account that may sign in."""
    query = select(Member.id, Member.password_hash).where(Member.login_id == login_id, Member.active)
    row = session.execute(query).first()
    return (row.id, row.password_hash) if row else None


def login_of(session: Session, member_id: UUID) -> str:
    """The name somebody signs in with."""
    return session.scalar(select(Member.login_id).where(Member.id == member_id)) or ""


def logins_with(session: Session, sections: Collection[UUID], permission: Permission) -> list[str]:
    """Whoever in these sections holds a permission, by the name they sign in with."""
    query = select(Member.login_id, Member.roles).where(Member.section_id.in_(sections), Member.active.is_(True))
    rows = session.execute(query.order_by(Member.login_id))
    return [login for login, roles in rows if permission in permissions_of([Role(role) for role in roles])]


def actor_of(session: Session, member_id: UUID) -> tuple[Actor, tuple[Role, ...]] | None:
    """Who signs in, with roles; None once the account is closed. The label never holds the name."""
    member = session.get_one(Member, member_id)
    if not member.active:
        return None
    roles = tuple(Role(role) for role in member.roles)
    office = office_name(session, member.section.office)
    place = office if office == member.section.name else f"{office} {member.section.name}"
    label = f"{place} {member.number}"
    actor = Actor(
        kind=Kind.STAFF,
        id=member.id,
        label=label,
        assurance=1,
        office=member.section.office,
        section=member.section_id,
        permissions=permissions_of(list(roles)),
        display_name=member.name,
    )
    return actor, roles


def labels_of(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """Section and number of members, as records show them; never a name."""
    query = select(Member.id, Section.name, Member.number).join(Section, Section.id == Member.section_id)
    return {row.id: f"{row.name} {row.number}" for row in session.execute(query.where(Member.id.in_(ids)))}


def names_of(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """Name and number of members, for colleagues who act together with them; records and other bodies get `labels_of`."""
    rows = session.execute(select(Member.id, Member.name, Member.number).where(Member.id.in_(ids)))
    return {row.id: f"{row.name} {row.number}" for row in rows}


def add_member(
    session: Session, *, login_id: str, name: str, section_id: UUID, roles: Iterable[Role], password_hash: str
) -> Member:
    """Open an account; raises LoginIdTaken. The hash is made by the caller, before it opens a transaction."""
    member = Member(
        id=new_id(),
        number=f"{secrets.randbelow(900_000) + 100_000}",
        login_id=login_id,
        password_hash=password_hash,
        name=name,
        section_id=section_id,
        roles=[str(role) for role in roles],
        active=True,
        created_at=clock.now(),
    )
    taken = session.scalar(select(Member.id).where(Member.login_id == login_id))
    if taken:
        raise rules.LoginIdTaken
    session.add(member)
    try:
        session.flush()
    except IntegrityError:
        raise rules.LoginIdTaken from None
    did(session, Action.CREATE, whose=None, what="staff_members", case_ref=member.number)
    return member


def member(session: Session, member_id: UUID) -> Member:
    """One account with its section; raises MemberUnknown."""
    found = session.get(Member, member_id)
    if found is None:
        raise rules.MemberUnknown
    return found


def name_of(session: Session, member_id: UUID) -> str:
    """What a member is called, for rules about their own person; "" for somebody unknown. It is not shown to others."""
    return session.scalar(select(Member.name).where(Member.id == member_id)) or ""


def code_of(session: Session, login_id: str) -> tuple[UUID, str] | None:
    """(member, kept hash) of the code that is good for the open account of that name."""
    member_id = session.scalar(select(Member.id).where(Member.login_id == login_id, Member.active))
    kept = one_time_code.kept_of(session, member_id) if member_id else None
    return (member_id, kept) if member_id and kept else None


def hand_out_code(session: Session, actor: Actor, member_id: UUID, code_hash: str) -> Member:
    """Let a member set a new password with the code; raises MemberUnknown, also for a closed account, or NotForYourself."""
    found = member(session, member_id)
    if member_id == actor.id:
        raise rules.NotForYourself
    if not found.active:
        raise rules.MemberUnknown
    one_time_code.give(session, member_id, code_hash)
    did(session, Action.CREATE, whose=None, what="one_time_codes", case_ref=found.number)
    return found


def use_code(session: Session, member_id: UUID, code_hash: str, password_hash: str) -> bool:
    """Set the new password by the code; False if the code was used a moment ago."""
    if not one_time_code.use(session, member_id, code_hash):
        return False
    set_password(session, member_id, password_hash)
    return True


def set_password(session: Session, member_id: UUID, password_hash: str) -> None:
    """From now on this password opens the account; wherever it was open is signed out."""
    session.execute(update(Member).where(Member.id == member_id).values(password_hash=password_hash))
    one_time_code.forget(session, member_id)
    signed_in.revoke(session, member_id)
    number = member(session, member_id).number
    did(session, Action.CHANGE, whose=None, what="staff_members(password)", case_ref=number)


def end_sessions(session: Session, member_id: UUID) -> None:
    """Sign a member out wherever they are signed in."""
    number = member(session, member_id).number
    signed_in.revoke(session, member_id)
    did(session, Action.CHANGE, whose=None, what="web_sessions", case_ref=number)


def deactivate(session: Session, actor: Actor, member_id: UUID) -> None:
    """Close an account; wherever the member is signed in, that ends with this transaction."""
    if member_id == actor.id:
        raise rules.NotYourself
    closed = session.execute(update(Member).where(Member.id == member_id, Member.active).values(active=False))
    if closed.rowcount:  # type: ignore[attr-defined]
        signed_in.revoke(session, member_id)
        number = session.scalar(select(Member.number).where(Member.id == member_id))
        did(session, Action.CHANGE, whose=None, what="staff_members(active)", case_ref=number or "")


def first_password() -> str:
    """A password to hand over once: 120 random bits in groups that can be read aloud."""
    return "-".join(secrets.token_hex(3) for _ in range(5))


def members(session: Session) -> Sequence[Row[UUID, str, str, str, list[str], bool, str, str]]:
    """Every account with section and office, for the operators' list."""
    return session.execute(
        select(
            Member.id,
            Member.number,
            Member.name,
            Member.login_id,
            Member.roles,
            Member.active,
            Section.name.label("section"),
            Office.name.label("office"),
        )
        .join(Section, Section.id == Member.section_id)
        .join(Office, Office.code == Section.office)
        .order_by(Office.name, Section.name, Member.number)
    ).all()


def sections(session: Session) -> Sequence[Row[UUID, str, str]]:
    """(id, section, office) of every section."""
    return session.execute(
        select(Section.id, Section.name.label("section"), Office.name.label("office"))
        .join(Office, Office.code == Section.office)
        .order_by(Office.name, Section.name)
    ).all()
