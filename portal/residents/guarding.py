"""SQL twin of rules.guardian_relations: who guards whom, for whole wards at once."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from portal.core import clock
from portal.residents import rules


def is_guarded_by(child: Any, guardian: Any, *, children_born_since: date | None = None) -> ColumnElement[bool]:
    """Whether *child* (an alias of residents) is a minor of *guardian*'s household whom that grown-up guards. Where a
    law counts children beyond their 18th birthday, *children_born_since* is the first birth date it counts."""
    grown_since = rules.years_before(clock.today(), rules.ADULT)
    is_child = child.birth_date > grown_since
    if children_born_since is not None:
        is_child = or_(is_child, child.birth_date >= children_born_since)
    guards = or_(
        and_(child.relation.in_(rules.CHILDREN), guardian.relation.in_((rules.HEAD, *rules.PARTNERS))),
        and_(child.relation.in_(rules.GRANDCHILDREN), guardian.relation.in_(rules.PARENTS_OF_GRANDCHILDREN)),
    )
    return and_(
        guardian.household_number == child.household_number,
        guardian.moved_out.is_(None),
        guardian.birth_date <= grown_since,
        is_child,
        guards,
    )
