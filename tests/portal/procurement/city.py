"""A public body that buys, companies with grades, and a tender that fits some of them."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.companies.models import BusinessDelivery, BusinessNotice, Company
from portal.core import clock
from portal.core.actor import Actor
from portal.core.business_days import business_days_from
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.demo import cast
from portal.demo import staff as demo_staff
from portal.demo.business_people import corporate_number
from portal.demo.tenders import CITY, _actor, _found_agencies
from portal.procurement import tenders
from portal.procurement.models import Qualification, Tender

PREFIX = "ocds-demo00"
AMOUNT, NOTE = 1_234_567, "架空のメーカーの型番XYZ-98765"
SEALED = {"method": "limited", "estimate": 2_000_000, "sealed": True}


def open_city(session: Session) -> Actor:
    """The city's staff and bodies; who writes tenders."""
    demo_staff.load(session)
    _found_agencies(session)
    return _actor(session, cast.BUYER)


def buyer(session: Session) -> Actor:
    return _actor(session, cast.BUYER)


def chief(session: Session) -> Actor:
    return _actor(session, cast.BUYING_CHIEF)


def facts(**others: Any) -> dict[str, Any]:
    """The columns of a sound tender."""
    deadline = business_days_from(clock.today(), 10)
    return {
        "title": "架空の用品の購入", "description": "架空です。", "category": "goods", "method": "open",
        "grades": ["A", "B"],
        "region": "", "site_visit": "", "estimate": 5_000_000,
        "documents": [{"title": "仕様書", "url": "https://city.example/1.pdf"}],
        "questions_until": business_days_from(deadline, -3),
        "submissions_until": datetime.combine(deadline, time(17), JST), "sealed": False, "item": "", "quantity": None,
        "unit": "",
    } | others  # fmt: skip


def published(session: Session, actor: Actor, **others: Any) -> Tender:
    tender = tenders.write(session, actor, facts(**others), ocid_prefix=PREFIX)
    tenders.publish(session, actor, tender.id, tender.version)
    return tender


def told(session: Session, tender: Tender) -> set[str]:
    """The numbers of all companies that were told of a tender."""
    query = (
        select(Company.key)
        .join(BusinessDelivery, BusinessDelivery.company_id == Company.id)
        .join(BusinessNotice, BusinessNotice.id == BusinessDelivery.notice_id)
        .where(BusinessNotice.key == f"tender:{tender.id}")
    )
    return set(session.scalars(query))


def add_companies(session: Session, rows: Iterator[dict[str, Any]]) -> None:
    """Accounts with grades; a row has region, closed_on and grades {category: (grade, first, last)}."""
    companies, grades = [], []
    for serial, row in enumerate(rows, start=1):
        company = {
            "id": new_id(), "key": corporate_number(serial), "kind": "corporation", "name": f"架空{serial}", "address": "",
            "region": row["region"], "closed_on": row["closed_on"], "created_at": clock.now(),
        }  # fmt: skip
        companies.append(company)
        grades += [
            {
                "company_id": company["id"], "agency_code": CITY, "category": category, "grade": grade,
                "valid_from": first, "valid_until": last,
            }
            for category, (grade, first, last) in row["grades"].items()
        ]  # fmt: skip
    session.execute(insert(Company), companies)
    session.execute(insert(Qualification), grades)


def usual() -> dict[str, Any]:
    """A company that fits the usual tender."""
    today = clock.today()
    return {"region": "千葉県千葉市中央区", "closed_on": None,
            "grades": {"goods": ("A", today - timedelta(days=9), today + timedelta(days=90))}}  # fmt: skip


def company(session: Session, serial: int) -> Company:
    """The `serial`-th of the companies added."""
    return session.scalars(select(Company).where(Company.key == corporate_number(serial))).one()


def titles(session: Session, company_id: Any) -> list[str]:
    """What a company was told, oldest first."""
    mine = select(BusinessNotice.title).join(BusinessDelivery, BusinessDelivery.notice_id == BusinessNotice.id)
    return list(session.scalars(mine.where(BusinessDelivery.company_id == company_id).order_by(BusinessNotice.sent_at)))
