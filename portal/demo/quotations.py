"""Two tenders that take sealed quotations: one is open, one waits for its two officers. Their codes are known here only."""

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.companies.models import BusinessPerson, Company
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.business_days import business_days_from
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.demo import papers
from portal.demo.business_people import OFFICER, corporate_number
from portal.procurement import tenders
from portal.procurement.models import Tender
from portal.procurement.sealed import seal, service
from portal.procurement.sealed.models import OpeningKey
from portal.procurement.sealed.seal import Said

# On paper with kaoru and tetsuo; a real portal knows no code.
CODES = ("M8RC-UQZV-RNYZ-H0VF-TZ7N-1X5Y", "3CGW-7DJ3-K70T-R6E8-5YWT-D5TX")
ALL_GRADES = ["A", "B", "C", "D"]


def load(session: Session, settings: Settings, *officers: Actor) -> None:
    """Codes of *officers*, the two tenders, and three quotations for the one that waits."""
    for officer, code in zip(officers, CODES, strict=True):
        public = seal.public_bytes(seal.officer_key(code, service.id_of(officer)))
        session.add(
            OpeningKey(id=new_id(), member_id=officer.id, public_key=public, made_at=clock.now(), ended_at=None)
        )
    session.flush()
    _tender(session, settings, officers[0], "会議用のいすの購入（見積合せ）", item="会議用いす", quantity=40, unit="脚")
    with clock.freeze(clock.now() - timedelta(days=30)):
        waiting = _tender(
            session,
            settings,
            officers[0],
            "プロジェクターの購入（見積合せ）",
            item="プロジェクター",
            quantity=5,
            unit="台",
        )
        _file(session, settings, waiting)


def _tender(session: Session, settings: Settings, actor: Actor, title: str, **item: Any) -> Tender:
    deadline = business_days_from(clock.today(), 6)
    facts = {
        "title": title, "category": "goods", "method": "limited", "grades": ALL_GRADES, "region": "", "site_visit": "",
        "description": "見積書は、締切まで誰も開けません。締切の後、担当者2人のコードで一度に開きます。"
        f"（デモの開札コード　かおる：{CODES[0]}　哲夫：{CODES[1]}）",
        "documents": [{"title": "契約約款", "url": "https://city.example/tenders/11/yakkan.pdf"}], "estimate": 1_200_000,
        "questions_until": business_days_from(deadline, -3), "sealed": True,
        "submissions_until": datetime.combine(deadline, time(17), JST), **item,
    }  # fmt: skip
    tender = tenders.write(session, actor, facts, ocid_prefix=settings.ocid_prefix)
    papers.attach(session, settings, actor, tender, papers.SPECIFICATION)
    service.publish(session, settings.file_ring, actor, tender.id, tender.version)
    return tender


def _file(session: Session, settings: Settings, tender: Tender) -> None:
    """One in the name of the cast's company, two of others that have grades for goods."""
    shoko = session.scalars(select(BusinessPerson).where(BusinessPerson.subject == OFFICER.subject)).one()
    numbers = [corporate_number(serial) for serial in (1, 4, 7)]
    for place, company in enumerate(
        session.scalars(select(Company).where(Company.key.in_(numbers)).order_by(Company.name))
    ):
        said = Said(1_080_000 + 20_000 * (place // 2), 100 + 7 * place, "架空電機 型番 PJ-400" if place else "")
        if service.may_file(session, tender, company.id):
            service.keep(session, settings.file_ring, tender, company.id, shoko.id, said)
