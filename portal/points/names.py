"""How the rewards, projects, shops and members of the family are called at the other side of a resident's movements."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from portal.points.family import service as family
from portal.points.ledger.rules import Kind
from portal.points.partners import contracts
from portal.points.spending import service as spending

FAMILY = "family"
"""The kind of who passed points on or got them; their code is the resident's id."""


def of(session: Session, asked: Collection[tuple[str, str]], language: str, reader: UUID) -> dict[tuple[str, str], str]:
    """By (kind, code), as `ledger.rules.about` has it; rewards and projects in the reader's language, of people only those
    who are of the *reader*'s family today."""
    shops = [UUID(code) for kind, code in asked if kind == Kind.PARTNER]
    found = {(str(Kind.PARTNER), str(one.id)): one.name for one in contracts.partners_of(session, shops)}
    for kind in (Kind.REWARD, Kind.DONATION):
        codes = [code for what, code in asked if what == kind]
        found |= {(str(kind), one.reward.code): one.text("title", language) for one in spending.named(session, codes)}
    people = [UUID(code) for kind, code in asked if kind == FAMILY]
    return found | {(FAMILY, str(who)): name for who, name in family.names_of(session, reader, people).items()}
