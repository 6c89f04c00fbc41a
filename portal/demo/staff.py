"""The staff of the cast, in their sections."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import passwords
from portal.core.permissions import Role
from portal.demo import cast
from portal.staff import service
from portal.staff.models import Member


def load(session: Session) -> None:
    """Give every member of staff of the cast an account; those who have one keep it."""
    codes = {office.name: office.code for office in service.offices(session)}
    known = set(session.scalars(select(Member.login_id)))
    for number, person in enumerate(cast.STAFF, start=1):
        if person.login_id in known:
            continue
        section = service.section(session, office=codes[person.office], name=person.section)
        member = service.add_member(
            session,
            login_id=person.login_id,
            name=person.name,
            section_id=section.id,
            roles=[Role(role) for role in person.roles],
            password_hash=passwords.hash_password(person.password),
        )
        member.number = f"{number:06d}"  # the same in every demo, so that pictures and docs stay true
