"""課税（所得）証明書 and 納税証明書: items of 地方税法 20条の10 and of the national standard specification of tax
systems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.certificates.sheets import Issuer, PersonOnRecord
from portal.core.wareki import japanese

INCOMES = {
    "salary_receipts": "給与収入",
    "salary": "給与所得",
    "pension_receipts": "公的年金等収入",
    "pension": "雑所得（公的年金等）",
    "business": "事業所得",
    "property": "不動産所得",
    "other": "その他の所得",
    "total": "合計所得金額",
}
DEDUCTIONS = {
    "social_insurance": "社会保険料控除",
    "life_insurance": "生命保険料控除",
    "medical": "医療費控除",
    "spouse": "配偶者控除等",
    "dependants": "扶養控除",
    "disability": "障害者控除",
    "single_parent": "寡婦・ひとり親控除",
    "basic": "基礎控除",
    "deductions": "所得控除合計",
}
LEVIES = {
    "city_income": "市民税 所得割額",
    "city_head": "市民税 均等割額",
    "prefecture_income": "県民税 所得割額",
    "prefecture_head": "県民税 均等割額",
    "forest": "森林環境税額",
    "levied": "年税額",
}
UNUSED = "－"
"""In a cell nothing belongs in: an empty one could be written into."""
TOTALS = ("total", "deductions", "levied")
ACCOUNTS = {
    "residents": "市民税・県民税・森林環境税",
    "property": "固定資産税・都市計画税",
    "vehicle": "軽自動車税（種別割）",
}


def era_year(year: int) -> str:
    """令和8: the fiscal year that begins in April of *year*."""
    return japanese(date(year, 4, 1)).partition("年")[0]


def yen(amount: int) -> str:
    return f"{amount:,}円"


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What one fiscal year's tax rests on: amounts in yen by name (INCOMES, DEDUCTIONS, LEVIES), `dependants` in
    persons."""

    year: int
    address_then: str
    amounts: Mapping[str, int]
    dependants: int = 0


@dataclass(frozen=True, kw_only=True)
class Account:
    """One tax of one fiscal year: owed, paid, and what of the rest is not due yet, in yen."""

    tax: str
    owed: int
    paid: int
    not_due: int

    @property
    def overdue(self) -> int:
        return self.owed - self.paid - self.not_due


@dataclass(frozen=True, kw_only=True)
class _TaxSheet:
    """What both papers share: the person, the year, the issuer."""

    person: PersonOnRecord
    address: str
    year: int
    issuer: Issuer
    layout: str = "tax"

    def names(self) -> list[str]:
        return [self.person.name, self.person.alias, self.address, self.issuer.name]

    def births(self) -> list[date]:
        return [self.person.born_on]

    def _facts(self, heading: str, year: str, attestation: str, sections: Sequence[object]) -> dict[str, object]:
        who = [["住　　所", self.address], ["フリガナ", self.person.kana], ["氏　　名", self.person.name]]
        if self.person.alias:
            who.append(["通　　称", self.person.alias])
        return {
            "heading": heading,
            "year": year,
            "who": [*who, ["生年月日", self.person.born]],
            "sections": list(sections),
            "attestation": attestation,
            "issuer_title": self.issuer.title,
            "issuer_name": self.issuer.name,
            "seal": self.issuer.seal,
        }

    def _claims(self, title: str, amounts: dict[str, object]) -> dict[str, object]:
        who = {"name": self.person.name, "born": self.person.born_on.isoformat()}
        return {"title": title, "by": self.issuer.title, "address": self.address, "persons": [who], "amounts": amounts}


@dataclass(frozen=True, kw_only=True)
class IncomeCertificate(_TaxSheet):
    """課税（所得）証明書 of a fiscal year: the income of the calendar year before it, what was deducted, and the
    tax."""

    assessment: Assessment

    def title(self) -> str:
        return f"令和{self.year - 2018}年度 課税（所得）証明書"

    def facts(self) -> dict[str, object]:
        found = self._facts(
            "市民税・県民税　課税（所得）証明書",
            f"{era_year(self.year)}年度（{era_year(self.year - 1)}年1月1日から12月31日までの所得）",
            "上記のとおり、市民税・県民税の課税台帳に登録されていることを証明する。",
            [
                self._section("所得の内訳", INCOMES),
                self._section("所得控除の内訳", DEDUCTIONS),
                self._section("税額", LEVIES),
            ],
        )
        then = [f"{era_year(self.year)}年1月1日の住所", self.assessment.address_then]
        return found | {"who": [*found["who"], then, ["扶養親族等の数", f"{self.assessment.dependants}人"]]}  # type: ignore[misc]

    def _section(self, title: str, words: Mapping[str, str]) -> dict[str, object]:
        """Two pairs a row: what has an amount, and always the total, never left blank."""
        amounts = self.assessment.amounts
        pairs = [(word, yen(amounts.get(key, 0))) for key, word in words.items() if amounts.get(key) or key in TOTALS]
        cells = [cell for pair in pairs for cell in pair] + ([UNUSED, UNUSED] if len(pairs) % 2 else [])
        rows = [cells[start : start + 4] for start in range(0, len(cells), 4)]
        return {"title": title, "columns": [46, 0, 46, 0], "heads": [], "rows": rows}

    def claims(self) -> dict[str, object]:
        amounts = self.assessment.amounts
        shown: dict[str, object] = {
            INCOMES["total"]: amounts.get("total", 0),
            LEVIES["levied"]: amounts.get("levied", 0),
        }
        return self._claims(self.title(), shown)


@dataclass(frozen=True, kw_only=True)
class TaxPaymentCertificate(_TaxSheet):
    """納税証明書 of a fiscal year: what was owed, what is paid, what is open (地方税法施行規則 1条の9)."""

    accounts: Sequence[Account]

    def title(self) -> str:
        return f"令和{self.year - 2018}年度 納税証明書"

    def facts(self) -> dict[str, object]:
        heads = ["税目", "納付すべき額", "納付済額", "未納額", "うち納期未到来"]
        rows = [
            [ACCOUNTS[one.tax], yen(one.owed), yen(one.paid), yen(one.owed - one.paid), yen(one.not_due)]
            for one in self.accounts
        ]
        section = {"title": "納付の状況", "columns": [54, 0, 0, 0, 0], "heads": heads, "rows": rows}
        attestation = "上記のとおり相違ないことを証明する。"
        return self._facts("納　税　証　明　書", f"{era_year(self.year)}年度", attestation, [section])

    def claims(self) -> dict[str, object]:
        amounts: dict[str, object] = {
            ACCOUNTS[one.tax]: {"納付すべき額": one.owed, "納付済額": one.paid} for one in self.accounts
        }
        return self._claims(self.title(), amounts)
