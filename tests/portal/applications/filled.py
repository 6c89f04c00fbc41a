"""Any procedure, filled in by its data file: what somebody types who answers so that much is asked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.applications.procedures import rules
from portal.applications.procedures.fields.rows import column_of
from portal.applications.procedures.reach import conditions
from portal.applications.procedures.schema import FormField, Kind, Procedure, Section
from portal.core import clock

Typed = dict[str, list[str]]
Known = Mapping[str, Any]
TEXTS: Mapping[Kind, str] = {
    Kind.TEXT: "架空の答え １",
    Kind.LONG_TEXT: "架空の\r\n長い答え",
    Kind.NAME: "架空　太郎",
    Kind.KANA: "ｶｸｳ たろう",
    Kind.PHONE: "０４３ー０００ー００００",
    Kind.EMAIL: "taro@example.jp",
}
ADDRESS = {"postal": "２６００００１", "town": "千葉県千葉市中央区都町", "street": "９ー９", "building": ""}
ACCOUNT = {
    "bank": "架空銀行",
    "bank_code": "９９９９",
    "branch": "千葉",
    "branch_code": "001",
    "kind": "ordinary",
    "number": "１２３４５６７",
    "holder": "カクウ タロウ",
}


def typed_page(procedure: Procedure, section: Section, told: Mapping[str, Any], known: Known) -> Typed:
    """One page as typed, after the answers *told* on earlier pages."""
    typed: Typed = {}
    so_far = dict(told)
    whole = procedure.section(section.name) or section
    for field in whole.fields:
        if rules.holds(field.when, so_far):
            own = _typed(procedure, field, so_far, known)
            typed |= own
            if field.values:
                so_far[field.name] = own[field.name][0]
    return typed


def _two_rows(procedure: Procedure, field: FormField, told: Mapping[str, Any], known: Known) -> Typed:
    typed: Typed = {f"{field.name}-rows": ["2"]}
    for row in range(2):
        for column in field.columns:
            typed |= _typed(procedure, column_of(field, row, column), told, known)
    return typed


def _typed(procedure: Procedure, field: FormField, told: Mapping[str, Any], known: Known) -> Typed:
    if field.values:
        return {field.name: [_opens_most(procedure, field, told)]}
    if field.type is Kind.ROWS:
        return _two_rows(procedure, field, told, known)
    if field.type is Kind.ATTACHMENT:
        return {}  # documents are added on their own pages
    if field.type is Kind.MEMBERS:
        return {field.name: [person["id"] for person in known[str(field.prefill)]]}
    if field.type is Kind.DATE:
        day = clock.today() - timedelta(days=min(3, field.earliest_days or 0))
        parts: Mapping[str, str] = {"era": "ce", "year": str(day.year), "month": str(day.month), "day": str(day.day)}
    elif field.type in (Kind.NUMBER, Kind.AMOUNT):
        return {field.name: [f"{field.least:,}"]}
    else:
        parts = ADDRESS if field.type is Kind.ADDRESS else ACCOUNT if field.type is Kind.BANK else {}
    if not parts:
        return {field.name: [TEXTS[field.type]]}
    return {f"{field.name}-{part}": [text] for part, text in parts.items()}


def _opens_most(procedure: Procedure, field: FormField, told: Mapping[str, Any]) -> str:
    """The choice after which the most conditions hold."""

    def opened(value: str) -> int:
        return sum(rules.holds(rule, {**told, field.name: value}) for _place, rule in conditions(procedure))

    return max(field.values, key=opened)
