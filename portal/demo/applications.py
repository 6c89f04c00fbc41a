"""Neighbours who sent something before the demo begins, so that the clerk's list is not empty. The cast sent nothing."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import service
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.demo import cast
from portal.residents import service as residents
from portal.residents.models import Resident
from portal.residents.service import Segment

Typed = dict[str, dict[str, list[str]]]

MOVERS, PARENTS = 3, 2


def load(session: Session) -> None:
    """Five applications by made-up neighbours; a city of the cast alone has none. Loading twice adds nothing."""
    if service.worklist(session):
        return
    hours = iter((53, 29, 26, 5, 2))
    for resident_id in _neighbours(session, Segment(ward="稲毛区", age_from=25, age_to=60), MOVERS):
        _send(session, resident_id, "moving-within-city", timedelta(hours=next(hours)))
    for resident_id in _neighbours(session, Segment(ward="美浜区", child_under=3), PARENTS):
        _send(session, resident_id, "child-allowance", timedelta(hours=next(hours)))


def _neighbours(session: Session, segment: Segment, wanted: int) -> Sequence[UUID]:
    """Made-up people of a segment, the same ones in every city of one size (ids are drawn anew each time)."""
    cast_numbers = [person.addressee_number for person in cast.RESIDENTS]
    return session.scalars(
        select(Resident.id)
        .where(Resident.id.in_(residents.segment_ids(segment)), Resident.addressee_number.not_in(cast_numbers))
        .order_by(Resident.addressee_number)
        .limit(wanted)
    ).all()


def _send(session: Session, resident_id: UUID, procedure: str, ago: timedelta) -> None:
    """Type and send one application, *ago* before now."""
    actor = Actor(Kind.RESIDENT, resident_id)
    with clock.freeze(clock.now() - ago):
        draft = service.start_draft(session, resident_id, procedure)
        typed = _moving(draft.known) if procedure == "moving-within-city" else _child_allowance(draft.known)
        for section, texts in typed.items():
            service.save_page(session, actor, draft.id, section, texts)
            session.flush()
        service.submit(session, actor, draft.id)


def _day(name: str, day: date) -> dict[str, list[str]]:
    parts = {"era": "ce", "year": str(day.year), "month": str(day.month), "day": str(day.day)}
    return {f"{name}-{part}": [text] for part, text in parts.items()}


def _address(name: str, address: dict[str, str]) -> dict[str, list[str]]:
    return {f"{name}-{part}": [text] for part, text in address.items()}


def _moving(known: dict[str, object]) -> Typed:
    new = {"postal": "2630031", "town": "千葉県千葉市稲毛区稲毛東", "street": "９丁目９９番９号", "building": ""}
    old: dict[str, str] = known["resident.address"]  # type: ignore[assignment]
    members: list[dict[str, str]] = known["household.members"]  # type: ignore[assignment]
    head = [str(known["household.head"])]
    no = ["no"]
    return {
        "move": _day("moved_on", clock.today() - timedelta(days=4)) | {"whole_household": ["all"]},
        "addresses": _address("new_address", new) | _address("old_address", old | {"building": "架空荘 ２０１"}),
        "people": {"movers": [one["id"] for one in members]},
        "household": {"old_head": head, "joins": no},
        "new_household": {"new_head": head, "relation": ["self"]},
        "also": {
            "has_health_insurance": ["yes"],
            "has_school_children": no,
            "has_child_allowance": no,
            "has_care_insurance": no,
        },
        "reporter": {
            "who_reports": ["self"],
            **_person("reporter_", known),
            "reporter_phone": ["０４３ー０００ー１２３４"],
        },
    }


def _child_allowance(known: dict[str, object]) -> Typed:
    address: dict[str, str] = known["resident.address"]  # type: ignore[assignment]
    children: list[dict[str, str]] = known["household.children"]  # type: ignore[assignment]
    born = max(one["birth_date"] for one in children)
    has_spouse = known["partner.exists"] == "yes"
    return {
        "reason": {"reason": ["birth"], **_day("since", date.fromisoformat(born))},
        "claimant": {**_person("", known), **_address("address", address), "phone": ["090-0000-1234"]},
        "work": {"occupation": ["employee"], "pension": ["employees"]},
        "spouse": {"has_spouse": ["yes" if has_spouse else "no"]},
        **(_spouse(known) if has_spouse else {}),
        "children": {
            "children": [one["id"] for one in children],
            "lives_apart": ["no"],
            "has_older_children": ["no"],
        },
        "payment": {"pay_to": ["registered"]},
    }


def _spouse(known: dict[str, object]) -> Typed:
    return {
        "spouse_details": {
            "spouse_name": [str(known["partner.name"])],
            **_day("spouse_birth_date", date.fromisoformat(str(known["partner.birth_date"]))),
            "spouse_occupation": ["employee"],
            "spouse_lives_here": ["yes"],
        }
    }


def _person(prefix: str, known: dict[str, object]) -> dict[str, list[str]]:
    return {
        f"{prefix}name": [str(known["resident.name"])],
        f"{prefix}kana": [str(known["resident.kana"])],
        **_day(f"{prefix}birth_date", date.fromisoformat(str(known["resident.birth_date"]))),
    }
