"""Which facts there are, what can be said in each, how long a company's word is taken, and the refusals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.companies.service import read_number
from portal.core import text, zengin
from portal.core.errors import Refusal
from portal.core.text import TextRefused, fold_width
from portal.core.words import N_

GOOD_FOR = timedelta(days=365)
REMIND_AGAIN = timedelta(days=30)
MOST_OF_A_KIND = 50
MOST_YEN = 10**15
POST_BANK = "9900"


class Kind(StrEnum):
    """What a fact is about."""

    ADDRESS = "address"
    CONTACT = "contact"
    BANK = "bank"
    OFFICER = "officer"
    CAPITAL = "capital"
    ITEMS = "items"
    INVOICE = "invoice"
    LICENCE = "licence"


KIND_WORDS: dict[Kind, str] = {
    Kind.ADDRESS: N_("Places of business"),
    Kind.CONTACT: N_("Contacts"),
    Kind.BANK: N_("Bank accounts"),
    Kind.OFFICER: N_("Officers"),
    Kind.CAPITAL: N_("Capital"),
    Kind.ITEMS: N_("Business items"),
    Kind.INVOICE: N_("Invoice number"),
    Kind.LICENCE: N_("Licences"),
}
# Of these a company has one at a time: a new one replaces the old.
SINGLE = frozenset({Kind.CAPITAL, Kind.ITEMS, Kind.INVOICE})

# What a branch says of itself; all else is the company's, and public bodies find it there.
OF_BRANCH = frozenset({Kind.ADDRESS, Kind.CONTACT, Kind.BANK})

Reader = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a fact says: its label, how it is read, and how it is shown."""

    label: str
    reader: Reader
    hint: str = ""
    needed: bool = True
    choices: Mapping[str, str] | None = None
    width: str = "full"
    digits: bool = False


def _line(longest: int) -> Reader:
    return lambda typed: text.single_line(typed, longest=longest)


def _digits(count: int) -> Reader:
    return lambda typed: text.digits(typed, count=count)


def read_bank_code(typed: str) -> str:
    """統一金融機関コード: four digits, of which 0000 is nobody's."""
    code = text.digits(typed, count=4)
    if code == "0000":
        raise TextRefused("bank-code-of-nobody")
    return code


def read_account(typed: str) -> str:
    """Seven digits; an older, shorter number is filled up with zeros in front, as banks do."""
    number = text.digits(typed, longest=7).zfill(7)
    if not int(number):
        raise TextRefused("text-out-of-range", {"least": 1, "most": 9_999_999})
    return number


def check_post_bank(bank: str, branch: str, kind: str) -> bool:
    """ゆうちょ銀行 (9900): branches of savings end with 8, of transfer accounts (当座) with 9."""
    return bank != POST_BANK or branch.endswith("9" if kind == "current" else "8")


def read_invoice(typed: str) -> str:
    """適格請求書発行事業者登録番号: T and thirteen digits of which the first checks the others."""
    folded = fold_width(text.single_line(typed, longest=60)).upper()
    if not folded.startswith("T"):
        raise TextRefused("invoice-number-without-t")
    return "T" + read_number(folded)


def read_yen(typed: str) -> str:
    return str(text.whole_number(typed.removesuffix("円"), least=0, most=MOST_YEN))


PLACES = {
    "head": N_("Head office"),
    "branch": N_("Branch office"),
    "factory": N_("Factory or warehouse"),
    "post": N_("Where letters go"),
}
YEN = N_("%(amount)s yen")
ACCOUNTS = {"ordinary": N_("Ordinary account"), "current": N_("Current account"), "savings": N_("Savings account")}

PARTS: dict[Kind, dict[str, Part]] = {
    Kind.ADDRESS: {
        "place": Part(N_("What is there"), str, choices=PLACES),
        "name": Part(N_("Name of the place"), _line(100), needed=False, hint=N_("Such as 千葉支店.")),
        "postal_code": Part(N_("Postal code"), text.postal_code, width="short", digits=True),
        "address": Part(N_("Where it is"), lambda typed: text.address_line(typed, longest=200)),
    },
    Kind.CONTACT: {
        "section": Part(N_("Section or task"), _line(100), hint=N_("Such as 経理 or 入札の窓口.")),
        "person": Part(N_("Person to ask for"), text.kanji_name, needed=False),
        "phone": Part(N_("Phone number"), text.phone, width="medium", digits=True),
        "email": Part(N_("Mail address"), text.email, needed=False),
    },
    Kind.BANK: {
        "bank": Part(N_("Bank"), _line(60)),
        "bank_code": Part(N_("Bank code"), read_bank_code, hint=N_("4 digits."), width="short", digits=True),
        "branch": Part(N_("Branch"), _line(60)),
        "branch_code": Part(N_("Branch code"), _digits(3), hint=N_("3 digits."), width="short", digits=True),
        "account": Part(N_("Kind of account"), str, choices=ACCOUNTS),
        "number": Part(
            N_("Account number"), read_account, hint=N_("Up to 7 digits."), width="medium", digits=True
        ),
        "holder": Part(
            N_("Account holder in katakana"), zengin.holder, hint=N_("As in the bank book, such as カ）カクウシヨウテン.")
        ),
    },
    Kind.OFFICER: {
        "title": Part(N_("Post held"), _line(60), hint=N_("Such as 代表取締役.")),
        "name": Part(N_("Full name"), text.kanji_name),
        "kana": Part(N_("Name in katakana"), text.kana_name),
    },
    Kind.CAPITAL: {"yen": Part(N_("Capital in yen"), read_yen, width="medium", digits=True)},
    Kind.ITEMS: {
        "items": Part(N_("What the company does"), _line(500), hint=N_("With commas between, such as 文具の販売、印刷."))
    },
    Kind.INVOICE: {
        "number": Part(
            N_("Registration number for invoices"), read_invoice, hint=N_("T and 13 digits, in either width."),
            width="medium",
        )
    },
    Kind.LICENCE: {
        "name": Part(N_("Name of the licence"), _line(100), hint=N_("Such as 一般建設業許可（土木工事業）.")),
        "number": Part(N_("Number of the licence"), _line(60)),
        "body": Part(N_("Who gave it"), _line(100)),
    },
}  # fmt: skip


class NotAllowedToLook(Refusal):
    code = "basics-not-yours"
    status = 403
    message = N_("Your delegation does not reach to the basics of this company.")
    next_step = N_("Ask the company to add “Keep the company's basics” to the delegation.")


class OfHeadOffice(Refusal):
    code = "basics-of-head-office"
    status = 409
    message = N_("The head office keeps this for the whole company.")
    next_step = N_("Ask the head office to enter it. A branch keeps its places, contacts and bank accounts.")


class InvoiceOfCorporation(Refusal):
    code = "basics-invoice-of-corporation"
    status = 422
    message = N_("This registration number for invoices is that of a corporation.")
    next_step = N_("A sole proprietor has a number of their own: look at the letter of the tax office (登録通知書).")


class FactMoved(Refusal):
    code = "basics-fact-moved"
    status = 409
    message = N_("Somebody has changed this entry meanwhile.")
    next_step = N_("Open the list again and look at what stands there.")


class TooManyFacts(Refusal):
    code = "basics-too-many"
    status = 422
    message = N_("There are %(most)s entries of this kind already.")
    next_step = N_("Remove those that no longer hold.")


def holds(valid_from: date, valid_until: date | None, ended_on: date | None, day: date) -> bool:
    """Whether a fact is true on *day*, as far as we were told."""
    return valid_from <= day and (valid_until is None or day <= valid_until) and (ended_on is None or day < ended_on)


def is_fresh(confirmed_at: datetime, now: datetime) -> bool:
    """Whether the company's word is younger than a year."""
    return now - confirmed_at < GOOD_FOR


def masked(number: str) -> str:
    """The last three digits."""
    return "*" * max(0, len(number) - 3) + number[-3:]


def words_of(kind: Kind, content: Mapping[str, str], say: Callable[..., str], *, whole: bool) -> tuple[str, list[str]]:
    """(title, lines under it) of a fact; without *whole* an account shows its last digits only."""
    said = dict.fromkeys(PARTS[kind], "") | dict(content)
    match kind:
        case Kind.ADDRESS:
            place = say(PLACES.get(said["place"], ""))
            code = f"〒{text.show_postal_code(said['postal_code'])} "
            return said["name"] or place, [*([place] if said["name"] else []), code + said["address"]]
        case Kind.CONTACT:
            return said["section"], [said["person"], text.show_phone(said["phone"]), said["email"]]
        case Kind.BANK:
            number = said["number"] if whole else masked(said["number"])
            codes = f"{said['bank_code']}-{said['branch_code']}"
            return f"{said['bank']} {said['branch']}", [
                f"{codes} · {say(ACCOUNTS.get(said['account'], ''))} {number}", said["holder"],
            ]  # fmt: skip
        case Kind.OFFICER:
            return f"{said['title']} {said['name']}", [said["kana"]]
        case Kind.CAPITAL:
            return say(YEN, amount=int(said["yen"] or 0)), []
        case Kind.ITEMS:
            return said["items"], []
        case Kind.INVOICE:
            return said["number"], []
        case Kind.LICENCE:
            return said["name"], [said["number"], said["body"]]
