"""Documents of the demo's tenders: small PDFs and a form, all fictitious."""

from functools import cache
from uuid import UUID

from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.files import service as files
from portal.mailbox.sheets import Sheet, draw
from portal.procurement.models import Tender
from portal.procurement.papers import rules, service

SPECIFICATION, FORM = "仕様書", "入札書の様式"
KINDS = {SPECIFICATION: "technicalSpecifications", FORM: "biddingDocuments"}
TEXTS = {
    SPECIFICATION: (
        "この仕様書は架空のものです。",
        "納入の場所は市の指定する場所とし、日時は担当者と相談してください。",
    ),
    FORM: ("この様式は架空のものです。", "件名、金額（税抜き）、日付、名称、所在地、代表者の氏名を書いてください。"),
}


@cache
def _content(title: str, version: int) -> bytes:
    """The same page for every tender: drawn once."""
    sheet = Sheet(
        title=f"{title}（架空）", author="架空の千葉市", lang="ja", code="ja", kind=f"第{version}版", section="契約課",
        facts=(), body=TEXTS[title], course_title="", steps=(), saved="デモ用の書類です。",
    )  # fmt: skip
    return draw(sheet, clock.now())


def attach(session: Session, settings: Settings, actor: Actor, tender: Tender, *titles: str) -> list[UUID]:
    """Documents of these titles for a tender nobody has seen yet; the ids."""
    return [_add(session, settings, actor, tender, title, None) for title in titles]


def attach_anew(session: Session, settings: Settings, actor: Actor, tender: Tender, title: str, old: UUID) -> None:
    """A second version, which becomes public with the next amendment."""
    _add(session, settings, actor, tender, title, old)


def _add(session: Session, settings: Settings, actor: Actor, tender: Tender, title: str, old: UUID | None) -> UUID:
    prepared = files.prepare_published(
        f"{title}.pdf", _content(title, 2 if old else 1), megabytes=rules.MEGABYTES, scan=None
    )
    said = service.Said(title, KINDS[title], "ja", old)
    return service.add(
        session, settings.file_ring, actor, tender.id, tender.version, said, prepared, base=settings.base_url
    )
