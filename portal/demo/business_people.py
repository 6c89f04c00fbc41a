"""The people of companies of the cast, as the demo's gBizID knows them. All are 架空 (fictitious).

Standard library only, so that every program may read it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """A business with its officer; its 法人番号 has a sound check digit and registry office 9999 (none)."""

    login_id: str
    password: str
    corporate_number: str
    name: str
    kana: str
    ward: str
    address: str
    phone: str
    email: str
    officer: str
    officer_kana: str


@dataclass(frozen=True, slots=True)
class BusinessPerson:
    """An account of gBizID: `subject` is its id there, `account_type` a kind of account. A sole proprietor has a trade name
    and an address (code of the prefecture, city, street). Who acts for others by delegation there has one of `delegator`,
    a corporate number, for some `categories`."""

    subject: str
    name: str
    account_type: str
    corporate_number: str = ""
    trade_name: str = ""
    address: tuple[str, str, str] = ("", "", "")
    delegator: str = ""
    categories: tuple[str, ...] = ()
    does: str = ""


COMPANY = Company(
    login_id="kakuu-shoten",
    password="shoten-demo-soroban-2026",
    corporate_number="7999901000001",
    name="株式会社架空商店",
    kana="カブシキガイシャカクウショウテン",
    ward="中央区",
    address="千葉県千葉市中央区千葉港9番99号",
    phone="0430000009",
    email="shoten@example.jp",
    officer="架空 商子",
    officer_kana="カクウ ショウコ",
)


def corporate_number(serial: int) -> str:
    """A 法人番号 of nobody: check digit + 9999 (no registry office) + 01 + six digits."""
    body = f"999901{serial:06d}"
    total = sum(int(sign) * (2 if place % 2 else 1) for place, sign in enumerate(reversed(body)))
    return f"{9 - total % 9}{body}"


AGENT_NUMBER = corporate_number(2)
AGENT_NAME = "架空行政書士法人みどり"
OFFICER = BusinessPerson(
    "shoko", COMPANY.officer, "gbiz-prime", COMPANY.corporate_number, does="represents 株式会社架空商店"
)
CLERK = BusinessPerson("kenji", "架空 健二", "gbiz-member", COMPANY.corporate_number, does="works for 株式会社架空商店")
AGENT = BusinessPerson("midori", "架空 みどり", "gbiz-prime", AGENT_NUMBER, does="acts for others as 行政書士")
SOLE = BusinessPerson(
    "daiku",
    "架空 大工",
    "gbiz-prime",
    trade_name="架空大工店",
    address=("12", "千葉市若葉区", "架空町4丁目2番1号"),
    does="sole proprietor (個人事業主)",
)
DELEGATED = BusinessPerson(
    "zeiko",
    "架空 税子",
    "gbiz-prime",
    trade_name="架空税理士事務所",
    address=("12", "千葉市中央区", "架空町5番6号"),
    delegator=COMPANY.corporate_number,
    categories=("OMT_MAILBOX", "OMT_APPLICATIONS"),
    does="tax accountant (税理士), with a delegation at gBizID from 株式会社架空商店",
)
NEWCOMER = BusinessPerson("shinjin", "架空 新人", "gbiz-entry", does="has an unproved account (Entry)")
PEOPLE = (OFFICER, CLERK, AGENT, SOLE, DELEGATED, NEWCOMER)
