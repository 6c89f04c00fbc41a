"""What GビズID says of somebody: all names of its claims, in this one place.

They are those of the public guide for connecting systems (GビズID 接続システム向けガイドライン 2.9版, 3.4.1.4 属性取得):
the ID token names nobody, the UserInfo endpoint answers by scope. Codes of categories of a delegation (委任区分) are chosen
by the connecting system and registered at gBizID; those below are ours. Decision 0087 says what could not be checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.companies import rules
from portal.companies.names import PREFECTURES
from portal.companies.rules import Power
from portal.core import text
from portal.core.text import TextRefused

SCOPE = "openid profile user delegation_info"
ACCOUNT_TYPES = {"1": "entry", "2": "prime", "3": "member"}
CORPORATION, SOLE = "1", "2"  # corp_type
OF_CORPORATION = "法人"  # delegation_info.business_type
CATEGORIES: Mapping[str, Power] = {f"OMT_{power.upper()}": power for power in rules.DELEGABLE}
LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Delegated:
    """One delegation at gBizID: its number there, who gave it, what for (empty: nothing this portal knows), its days."""

    number: str
    company: str
    scopes: tuple[str, ...]
    begins_on: date
    ends_on: date


class ClaimsUnsound(ValueError):
    """What came is not what the guide says; it names nothing of it."""


def read(said: Mapping[str, Any]) -> dict[str, Any]:
    """Who it is, in our words: kind of account, name, corporate number ("" for sole proprietors, and while unproved),
    trade name and address of a sole proprietor, delegations. Raises ClaimsUnsound."""
    kind = ACCOUNT_TYPES.get(str(said.get("account_type")), "")
    name = " ".join(filter(None, (_text(said, "user_last_nm"), _text(said, "user_first_nm"))))
    if not kind or not name:
        raise ClaimsUnsound
    sole = str(said.get("corp_type")) == SOLE
    number = "" if sole or kind == "entry" else _text(said, "corporate_number")
    if (number or not (sole or kind == "entry")) and not rules.is_number(number):
        raise ClaimsUnsound  # nobody becomes a sole proprietor because a corporation's number is missing
    region = _prefecture(_text(said, "prefecture_name")) + _text(said, "address1")
    return {
        "account_type": kind,
        "name": name,
        "corporate_number": number,
        "trade_name": _text(said, "name") if sole else "",
        "address": region + _text(said, "address2") if sole else "",
        "region": region if sole else "",
        "delegations": [] if kind == "entry" else delegations(said.get("delegation_info")),
    }


def delegations(said: object) -> list[Delegated]:
    """Those of corporations that can be understood whole; what cannot, gives nothing. Today gBizID tells the one somebody
    chose at its sign-in (代理人ログイン), {} without; a list is read alike."""
    found = said if isinstance(said, list) else [said]
    return [one for part in found if isinstance(part, dict) and (one := _understood(part)) is not None]


def _understood(part: Mapping[str, Any]) -> Delegated | None:
    try:
        return _delegation(part)
    except ClaimsUnsound:
        return None


def _delegation(part: Mapping[str, Any]) -> Delegated | None:
    number, company = _text(part, "delegation_no")[:LONGEST_NUMBER], _text(part, "corp_no")
    first, last = _day(_text(part, "delegation_start")), _day(_text(part, "delegation_end"))
    if not number or first is None or last is None or _text(part, "business_type") not in ("", OF_CORPORATION):
        return None
    if not rules.is_number(company):
        return None
    return Delegated(number, company, _scopes(part.get("category_info")), first, last)


def _scopes(said: object) -> tuple[str, ...]:
    parts = [part for part in said if isinstance(part, dict)] if isinstance(said, list) else []
    active = {str(part.get("category_cd")) for part in parts if part.get("active_flg") is True}
    return tuple(sorted(str(power) for code, power in CATEGORIES.items() if code in active))


def _day(said: str) -> date | None:
    try:
        return datetime.strptime(said, "%Y%m%d").date() if len(said) == 8 else None  # noqa: DTZ007
    except ValueError:
        return None


def _prefecture(code: str) -> str:
    """The name behind a code of JIS X 0401 (01 to 47); what is no code stays out."""
    return PREFECTURES[int(code) - 1] if code.isascii() and code.isdigit() and 1 <= int(code) <= 47 else ""


def _text(said: Mapping[str, Any], name: str) -> str:
    """A name as it can be kept and shown: one line, and no sign that breaks a table or deceives a reader."""
    found = said.get(name)
    line = " ".join(str(found).split())[:200] if isinstance(found, str | int) else ""
    try:
        return text.check_signs(line)
    except TextRefused:
        raise ClaimsUnsound from None
