"""How the rewards, projects and shops are called that stand at the other side of a resident's movements."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from portal.points.ledger.rules import Kind
from portal.points.partners import contracts
from portal.points.spending import service as spending


def of(session: Session, asked: Collection[tuple[str, str]], language: str) -> dict[tuple[str, str], str]:
    """By (kind, code), as `ledger.rules.about` has it; rewards and projects in the reader's language."""
    shops = [UUID(code) for kind, code in asked if kind == Kind.PARTNER]
    found = {(str(Kind.PARTNER), str(one.id)): one.name for one in contracts.partners_of(session, shops)}
    for kind in (Kind.REWARD, Kind.DONATION):
        codes = [code for what, code in asked if what == kind]
        found |= {(str(kind), one.reward.code): one.text("title", language) for one in spending.named(session, codes)}
    return found
