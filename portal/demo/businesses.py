"""Companies of the demo city: the cast's and as many made-up ones as asked for, in the register and with accounts."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice, product
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.companies import register
from portal.companies.models import BusinessPerson, Company, CompanyMember, Delegation
from portal.companies.register import NationalRow
from portal.companies.rules import Kind, Power, Profession, Role
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.ids import new_id
from portal.demo.business_people import AGENT, AGENT_NAME, AGENT_NUMBER, COMPANY, OFFICER, corporate_number

MANY = 5_000
ISSUER = "http://127.0.0.1:8130"
PLACES = ("中央区", "花見川区", "稲毛区", "若葉区", "緑区", "美浜区")
FORMS = (("株式会社", "カブシキガイシャ"), ("有限会社", "ユウゲンガイシャ"), ("合同会社", "ゴウドウガイシャ"))
NAMES = Path(__file__).parent / "data" / "company_names.csv"


def national_rows(count: int, today: date) -> Iterator[NationalRow]:
    """The register's rows, the cast's first; numbers 3 and on are the made-up ones, each with its own name."""
    yield _row(COMPANY.corporate_number, COMPANY.name, COMPANY.kana, COMPANY.ward, today)
    yield _row(AGENT_NUMBER, AGENT_NAME, "カクウギョウセイショシホウジンミドリ", "中央区", today)
    parts = [line.split(",") for line in NAMES.read_text("utf-8").split()[1:]]
    first, trade = ([(name, kana) for part, name, kana in parts if part == wanted] for wanted in ("first", "trade"))
    names = product(FORMS, trade, first)
    for serial, (form, business, place) in enumerate(islice(names, max(0, count - 2)), start=3):
        name, kana = f"{form[0]}架空{place[0]}{business[0]}", f"{form[1]}カクウ{place[1]}{business[1]}"
        yield _row(corporate_number(serial), name, kana, PLACES[serial % len(PLACES)], today)


def _row(number: str, name: str, kana: str, ward: str, today: date) -> NationalRow:
    day = today - timedelta(days=400 + int(number) % 3_000)
    return NationalRow(
        number=int(number), process="01", updated_on=day, changed_on=day, name=name, kana=kana, english="", kind="301",
        prefecture="千葉県", city=f"千葉市{ward}", street="架空町1丁目99番1号", postal_code="", abroad="", closed_on=None,
        close_cause="", successor=None,
    )  # fmt: skip


def load(session: Session, count: int, issuer: str = ISSUER) -> None:
    """The register and an account for each company; the officer of the cast's lets the scrivener act until next year.
    *issuer* is the provider at which the people of the cast will sign in."""
    rows, now = list(national_rows(count, clock.today())), clock.now()
    for start in range(0, len(rows), register.BATCH):
        register.take(session, rows[start : start + register.BATCH])
    accounts = [
        {
            "id": new_id(), "key": str(row.number), "kind": str(Kind.CORPORATION), "name": row.name, "closed_on": None,
            "address": f"{row.prefecture}{row.city}{row.street}", "region": f"{row.prefecture}{row.city}", "created_at": now,
        }
        for row in rows
    ]  # fmt: skip
    session.execute(insert(Company), accounts)
    did(session, Action.CREATE, whose=None, what="companies")
    people = {
        person.subject: BusinessPerson(
            id=new_id(), issuer=issuer, subject=person.subject, name=person.name, account_type="prime", seen_at=now
        )
        for person in (OFFICER, AGENT)
    }
    session.add_all(people.values())
    session.flush()
    for person, account in ((OFFICER, accounts[0]), (AGENT, accounts[1])):
        session.add(
            CompanyMember(
                company_id=account["id"], person_id=people[person.subject].id, role=Role.PRIME, since=now, ended_at=None
            )
        )
    session.add(
        Delegation(
            id=new_id(), company_id=accounts[0]["id"], agent_id=accounts[1]["id"], profession=Profession.SCRIVENER,
            scopes=[Power.MAILBOX, Power.TENDERS, Power.APPLICATIONS], given_at=now, given_by=people[OFFICER.subject].id,
            ends_on=clock.today() + timedelta(days=365), revoked_at=None,
        )
    )  # fmt: skip
