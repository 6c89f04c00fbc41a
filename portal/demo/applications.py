"""Neighbours who sent something before the demo begins, so that the clerk's list is not empty. The cast sent nothing."""

import io
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from uuid import UUID

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import guests, service
from portal.applications.attachments import service as attachments
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.demo import cast
from portal.files import service as files
from portal.residents.models import Resident
from portal.segments import service as segments
from portal.segments.service import Condition

Typed = dict[str, dict[str, list[str]]]

MOVERS, PARENTS = 3, 2


def load(session: Session) -> None:
    """Five applications by made-up neighbours; a city of the cast alone has none. Loading twice adds nothing."""
    if service.waiting_to_check(session):
        return
    hours = iter((53, 29, 26, 5, 2))
    for resident_id in _neighbours(session, segments.simple(ward="稲毛区", age_from=25, age_to=60), MOVERS):
        _send(session, resident_id, "moving-within-city", timedelta(hours=next(hours)))
    for resident_id in _neighbours(session, segments.simple(ward="美浜区", child_under=3), PARENTS):
        _send(session, resident_id, "child-allowance", timedelta(hours=next(hours)))


def _neighbours(session: Session, segment: Condition, wanted: int) -> Sequence[UUID]:
    """Made-up people of a segment, the same ones in every city of one size (ids are drawn anew each time)."""
    cast_numbers = [person.addressee_number for person in cast.RESIDENTS]
    return session.scalars(
        select(Resident.id)
        .where(Resident.id.in_(segments.ids(segment)), Resident.addressee_number.not_in(cast_numbers))
        .order_by(Resident.addressee_number)
        .limit(wanted)
    ).all()


def _send(session: Session, resident_id: UUID, procedure: str, ago: timedelta) -> None:
    """Type and send one application, *ago* before now."""
    actor = Actor(Kind.RESIDENT, resident_id)
    with clock.freeze(clock.now() - ago):
        draft = service.start_draft(session, resident_id, procedure)
        typed = typed_by_mover(draft.known) if procedure == "moving-within-city" else _child_allowance(draft.known)
        for section, texts in typed.items():
            service.save_page(session, actor, draft.id, section, texts)
            session.flush()
        if procedure == "child-allowance":
            _attach(session, actor, draft.id)
        service.submit(session, actor, draft.id)


def _attach(session: Session, actor: Actor, draft_id: UUID) -> None:
    """A photo of the paper the procedure asks for, as a phone would take it."""
    settings = Settings()
    photo = files.prepare("IMG_2041.jpg", _paper(), megabytes=settings.file_megabytes, scan=None)
    upload = attachments.Upload("insurance_paper", photo.name, photo)
    attachments.add(session, actor, draft_id, "documents", [upload], settings)


@lru_cache
def _paper() -> bytes:
    """A paper with lines nobody can read: made up, and it looks it."""
    page = Image.new("RGB", (1_240, 880), "#e8eef4")
    draw = ImageDraw.Draw(page)
    draw.rectangle((60, 60, 1_180, 820), fill="white", outline="#8796a5", width=4)
    draw.rectangle((60, 60, 1_180, 170), fill="#3d6f9e")
    draw.text((90, 90), "SAMPLE", fill="white", font_size=56)
    for row in range(7):
        draw.rectangle((110, 230 + row * 78, 330, 258 + row * 78), fill="#c3ced9")
        draw.rectangle((380, 230 + row * 78, 1_000 - row % 3 * 130, 258 + row * 78), fill="#5c6b7a")
    out = io.BytesIO()
    page.save(out, "JPEG", quality=88)
    return out.getvalue()


def load_without_account(session: Session) -> None:
    """Bulky waste of somebody who did not sign in, beside the neighbours' cases; nobody knows the password."""
    if not service.waiting_to_check(session) or guests.any_sent(session):
        return
    with clock.freeze(clock.now() - timedelta(hours=3)):
        draft, _token = guests.start(session, "bulky-waste")
        actor = Actor(Kind.STRANGER, draft.id)
        for section, texts in _waste().items():
            service.save_page(session, actor, draft.id, section, texts)
            session.flush()
        service.submit(session, actor, draft.id)


def _waste() -> Typed:
    things = (("たんす", "９０×４５×１２０cm", "１"), ("自転車", "１８０×６０×１００cm", "２"))
    rows = {"things-rows": [str(len(things))]}
    for row, (what, size, count) in enumerate(things):
        rows |= {f"things-{row}-what": [what], f"things-{row}-size": [size], f"things-{row}-count": [count]}
    address = {"postal": "2600013", "town": "千葉県千葉市中央区中央", "street": "９丁目９９番８号", "building": ""}
    wished = _day("wished_on", clock.today() + timedelta(days=9))
    return {
        "things": rows | {"excluded": ["no"]},
        "how": {"how": ["collect"]},
        "collect": _address("address", address) | {"spot": ["玄関の前"], "carry": ["no"]} | wished,
        "contact": {"name": ["架空 三郎"], "phone": ["０９０ー００００ー０００８"]},
    }


def _day(name: str, day: date) -> dict[str, list[str]]:
    parts = {"era": "ce", "year": str(day.year), "month": str(day.month), "day": str(day.day)}
    return {f"{name}-{part}": [text] for part, text in parts.items()}


def _address(name: str, address: dict[str, str]) -> dict[str, list[str]]:
    return {f"{name}-{part}": [text] for part, text in address.items()}


def typed_by_mover(known: dict[str, object]) -> Typed:
    """What a household of the city of which the register tells *known* types when it moves to 稲毛区."""
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
        "documents": {},
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
