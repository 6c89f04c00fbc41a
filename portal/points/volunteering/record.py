"""ボランティア活動証明書: the hours a host or the city approved, on paper, under the city's number and code."""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from portal.certificates import service as certificates
from portal.core import qr
from portal.core.clock import JST
from portal.core.press import press
from portal.core.wareki import japanese
from portal.core.words import N_
from portal.points.volunteering import rules, taking_part
from portal.points.volunteering.rules import Place
from portal.points.volunteering.taking_part import Mine
from portal.residents import service as residents

LAYOUT = Path(__file__).parent / "layouts" / "record.typ"
TITLE = N_("Certificate of volunteering")
MOST_LINES = 200
PAGE = re.compile(rb"/Type\s*/Page\b")


def settled(session: Session, resident_id: UUID) -> list[Mine]:
    """What was approved, the earliest first; to have been at an event is no volunteering."""
    found = taking_part.mine(session, resident_id, limit=MOST_LINES)
    return [
        one for one in reversed(found)
        if one.place.state == Place.SETTLED and one.place.minutes and not one.activity.is_event
    ]  # fmt: skip


def issue(session: Session, desk: certificates.Desk, resident_id: UUID) -> tuple[str, bytes]:
    """(issue number, PDF). The same hours are the same paper, byte by byte. Raises NoHours, RecordByHand."""
    found = settled(session, resident_id)
    if not found:
        raise rules.NoHours
    person = residents.look_up(session, resident_id)
    if press().undrawable([person.name]):
        raise rules.RecordByHand
    lines = _lines(found)
    contents = json.dumps([person.name, person.birth_date.isoformat(), lines], ensure_ascii=False)
    key = f"volunteering:{resident_id}:{hashlib.sha256(contents.encode()).hexdigest()[:32]}"
    paper = certificates.attest(session, desk, key=key, resident_id=resident_id, title=TITLE, born_on=person.birth_date)
    address = certificates.verification_address(desk.base_url, paper.issue_number, paper.verification_code)
    sheet = {
        "title": "ボランティア活動証明書", "heading": "ボランティア活動証明書", "keywords": [f"issue:{paper.issue_number}"],
        "author": certificates.city_as_issuer()["issuer_title"], "name": person.name, "born": japanese(person.birth_date),
        "total": _hours(sum(one.place.minutes or 0 for one in found)), "rows": lines,
        "issued": japanese(paper.issued_at.astimezone(JST).date()), "issue_number": paper.issue_number,
        "verification_code": paper.verification_code, "qr": qr.on_paper(address),
        "verification_page": address.partition("#")[0].partition("://")[2], **certificates.city_as_issuer(),
    }  # fmt: skip
    pdf = press().draw(LAYOUT, sheet, paper.issued_at)
    certificates.note_attested(session, paper, sha256=hashlib.sha256(pdf).hexdigest(), pages=len(PAGE.findall(pdf)))
    return paper.issue_number, pdf


def _lines(found: Sequence[Mine]) -> list[list[str]]:
    machine = press()

    def fit(words: str) -> str:
        """What the font cannot draw stands as 〓: an organisation's odd sign does not stop the paper."""
        return "".join("〓" if machine.undrawable([sign]) else sign for sign in words)

    def day(one: Mine) -> str:
        return japanese(one.activity.starts_at.astimezone(JST).date())

    return [[day(one), fit(one.activity.title), fit(one.host), _hours(one.place.minutes or 0)] for one in found]


def _hours(minutes: int) -> str:
    return f"{minutes // 60}時間{minutes % 60:02}分"
