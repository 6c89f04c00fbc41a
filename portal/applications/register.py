"""What the city knows already: facts from the resident register in the shape answers have."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications.procedures.known import Known
from portal.applications.procedures.schema import FormField, Kind, Procedure
from portal.residents import service as residents


def facts_for(session: Session, procedure: Procedure, resident_id: UUID) -> dict[str, Any]:
    """The facts this procedure uses, by source, and no others (data minimisation); every look is on record."""
    wanted = {field.prefill for section in procedure.sections for field in section.fields if field.prefill}
    person = residents.look_up(session, resident_id)
    needs_others = any(not source.startswith("resident.") for source in wanted)
    household = residents.household_of(session, person) if needs_others else [person]
    children = residents.children_of(session, person) if Known.CHILDREN in wanted else []
    partner = residents.partner_of(person, household)
    sources: Mapping[Known, Callable[[], Any]] = {
        Known.NAME: lambda: person.name,
        Known.KANA: lambda: person.kana,
        Known.BIRTH_DATE: person.birth_date.isoformat,
        Known.SEX: lambda: person.sex,
        Known.ADDRESS: lambda: _address(person),
        Known.DOMICILE: lambda: person.domicile or None,
        Known.DOMICILE_HEAD: lambda: person.domicile_head or None,
        Known.PHONE: lambda: person.phone or None,
        Known.EMAIL: lambda: person.email or None,
        Known.HEAD: lambda: (head := residents.head_of(household)) and head.name,
        Known.MEMBERS: lambda: [_member(one) for one in household],
        Known.CHILDREN: lambda: [_member(one) for one in children],
        Known.PARTNER_NAME: lambda: partner and partner.name,
        Known.PARTNER_KANA: lambda: partner and partner.kana,
        Known.PARTNER_BIRTH_DATE: lambda: partner and partner.birth_date.isoformat(),
        Known.HAS_PARTNER: lambda: "yes" if partner else "no",
    }
    return {str(source): sources[source]() for source in sorted(wanted)}


def known_answer(asked: FormField, known: Mapping[str, Any]) -> Any:
    """The answer the city would give itself, None where it knows none."""
    if asked.prefill is None:
        return None
    fact = known.get(str(asked.prefill))
    if asked.type is Kind.MEMBERS:
        return [person["id"] for person in fact or ()]
    if asked.type is Kind.LICENCE:
        return fact[0]["id"] if fact and len(fact) == 1 else None
    return fact


def _address(person: residents.Person) -> dict[str, str]:
    return {
        "postal": person.postal_code,
        "town": f"千葉県千葉市{person.ward}{person.town}",
        "street": person.block,
        "building": person.building,
    }


def _member(person: residents.Person) -> dict[str, str]:
    return {
        "id": str(person.id),
        "name": person.name,
        "birth_date": person.birth_date.isoformat(),
        "relation": person.relation,
    }
