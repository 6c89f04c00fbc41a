"""A made-up household and company (架空): what previews and checks take for what the register would know."""

from typing import Any

from portal.applications.procedures.known import Known
from portal.applications.procedures.schema import FormField

_BIRTHS = {
    "架空 太郎": ("1990-08-01", "世帯主"),
    "架空 花子": ("1992-04-12", "妻"),
    "架空 桜": ("2018-05-05", "子"),
    "架空 健": ("2025-02-03", "子"),
    "架空 梅": ("1955-11-30", "母"),
}
MEMBERS = [
    {"id": f"00000000-0000-4000-8000-00000000000{at}", "name": name, "birth_date": born, "relation": relation}
    for at, (name, (born, relation)) in enumerate(_BIRTHS.items(), 1)
]
FACTS: dict[str, Any] = {
    Known.NAME: "架空 花子",
    Known.KANA: "カクウ ハナコ",
    Known.BIRTH_DATE: "1992-04-12",
    Known.SEX: "female",
    Known.ADDRESS: {
        "postal": "2600013",
        "town": "千葉県千葉市中央区中央",
        "street": "9丁目99番9号",
        "building": "架空荘201",
    },
    Known.DOMICILE: "千葉県千葉市中央区中央九丁目99番地",
    Known.DOMICILE_HEAD: "架空 太郎",
    Known.PHONE: "09000000001",
    Known.EMAIL: "hanako@example.jp",
    Known.HEAD: "架空 太郎",
    Known.MEMBERS: MEMBERS,
    Known.CHILDREN: [person for person in MEMBERS if person["relation"] == "子"],
    Known.PARTNER_NAME: "架空 太郎",
    Known.PARTNER_KANA: "カクウ タロウ",
    Known.PARTNER_BIRTH_DATE: "1990-08-01",
    Known.HAS_PARTNER: "yes",
    Known.COMPANY_NAME: "株式会社架空商店",
    Known.COMPANY_NUMBER: "7999901000001",
    Known.COMPANY_ADDRESS: "千葉県千葉市中央区千葉港9番99号",
    Known.COMPANY_POST: "代表取締役",
    Known.COMPANY_HEAD: "架空 商子",
    Known.COMPANY_HEAD_KANA: "カクウ ショウコ",
    Known.COMPANY_CONTACT: "経理",
    Known.COMPANY_PHONE: "0430000009",
    Known.COMPANY_EMAIL: "keiri@example.jp",
    Known.COMPANY_ITEMS: "文具と事務用品の販売、印刷",
    Known.COMPANY_CAPITAL: 10_000_000,
    Known.COMPANY_INVOICE: "T7999901000001",
    Known.COMPANY_ACCOUNT: {
        "bank": "架空銀行",
        "bank_code": "9998",
        "branch": "千葉支店",
        "branch_code": "101",
        "kind": "ordinary",
        "number": "1000001",
        "holder": "カ)カクウシヨウテン",
    },
    Known.COMPANY_LICENCES: [
        {
            "id": "00000000-0000-4000-8000-000000000011",
            "name": "飲食店営業許可 千市保 第1号",
            "valid_until": "2027-03-31",
        }
    ],
}


def people_for(asked: FormField) -> list[dict[str, str]]:
    """Whom a field about the household lets choose from."""
    found: list[dict[str, str]] = FACTS[str(asked.prefill)]
    return found
