"""What a 法人番号 is, how names are found again, who may act for a company and how far; and the refusals."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import jaconv

from portal.companies.names import LEGAL_FORMS
from portal.core.errors import Refusal
from portal.core.reference import read_reference
from portal.core.text import TextRefused, digits, fold_width, single_line
from portal.core.words import N_

SHORTEST_QUERY = 2
LONGEST_GRANT = LONGEST_DELEGATION = timedelta(days=3 * 366)

# Longest first, or 医療法人 would be cut out of 医療法人社団.
_FORMS = re.compile("|".join(sorted(LEGAL_FORMS, key=len, reverse=True)))
_FORM_KANA = re.compile("カブシキガイシャ|ユウゲンガイシャ|ゴウドウガイシャ|ゴウシガイシャ|ゴウメイガイシャ")
_NO_LETTERS = re.compile(r"[\W_]+")

# How each kind of account of gBizID is told to who has it.
UNPROVED = N_(
    "Your gBizID account is of the kind Entry: nobody has checked who you are, so it opens no company here, no mailbox, "
    "applications or tenders."
)
COMPANY_UNKNOWN = N_("Your company has no account here yet. It gets one when its representative (Prime) signs in once.")


class Kind(StrEnum):
    """What an account stands for."""

    CORPORATION = "corporation"
    SOLE = "sole"
    BRANCH = "branch"


class Role(StrEnum):
    """As what somebody acts for their own company: what gBizID says, what the company says at a branch, or that a letter to
    the registered address let them in, beside a gBizID representative only as a member."""

    PRIME = "prime"
    MEMBER = "member"
    MANAGER = "manager"
    CLERK = "clerk"
    LETTER = "letter"
    LETTER_CLERK = "letter-clerk"


class Power(StrEnum):
    """One thing done for a company; a delegation names them one by one."""

    MAILBOX = "mailbox"
    CONFIDENTIAL = "confidential"
    TENDERS = "tenders"
    BASICS = "basics"
    APPLICATIONS = "applications"
    PEOPLE = "people"


POWER_WORDS: dict[Power, str] = {
    Power.MAILBOX: N_("Read the mailbox"),
    Power.CONFIDENTIAL: N_("Read confidential notices too"),
    Power.TENDERS: N_("Ask questions about tenders and tell interest"),
    Power.BASICS: N_("Keep the company's basics"),
    Power.APPLICATIONS: N_("Apply to public bodies, with what they need of the basics"),
    Power.PEOPLE: N_("Decide who acts for the company"),
}
POWERS: dict[Role, frozenset[Power]] = {
    Role.PRIME: frozenset(Power),
    Role.MEMBER: frozenset({Power.MAILBOX, Power.TENDERS, Power.APPLICATIONS}),
    Role.MANAGER: frozenset(Power) - {Power.TENDERS},
    Role.CLERK: frozenset({Power.MAILBOX, Power.APPLICATIONS}),
    Role.LETTER: frozenset(Power),
    Role.LETTER_CLERK: frozenset({Power.MAILBOX, Power.TENDERS, Power.APPLICATIONS}),
}
FROM_GBIZID = frozenset({Role.PRIME, Role.MEMBER})
AT_BRANCH = (Role.MANAGER, Role.CLERK)
# How the national register says that a number was taken off it (処理区分).
DELETED = "99"
# Whoever came by letter decides and reads what is confidential so long after it let them in: time enough for a company that
# never asked to find the letter in its box, and to stop it with the code in it.
LETTER_WAITS = timedelta(days=14)
# What nobody does for a branch: bids and registers are the company's.
OF_BRANCH = frozenset(Power) - {Power.TENDERS}
# What is still done for a business, a branch or a corporation that is closed: read what comes, and end what was begun. A
# corporation that is wound up also takes back what it let others do.
AFTER_CLOSING = frozenset({Power.MAILBOX, Power.CONFIDENTIAL})
OF_CLOSED = {Kind.CORPORATION: frozenset({Power.PEOPLE}), Kind.BRANCH: frozenset({Power.APPLICATIONS})}
DELEGABLE = (Power.MAILBOX, Power.CONFIDENTIAL, Power.TENDERS, Power.BASICS, Power.APPLICATIONS)
ROLE_WORDS: dict[Role, str] = {
    Role.PRIME: N_("Representative (gBizID Prime)"),
    Role.MEMBER: N_("Member (gBizID Member)"),
    Role.MANAGER: N_("Manager of the branch"),
    Role.CLERK: N_("Works at the branch"),
    Role.LETTER: N_("Representative (by letter to the registered address)"),
    Role.LETTER_CLERK: N_("Member (by letter to the registered address)"),
}


class Topic(StrEnum):
    """What a confidential notice is about: a company may let somebody read those of one kind alone."""

    TAX = "tax"
    LABOUR = "labour"
    LICENCES = "licences"
    CONTRACTS = "contracts"
    ACCESS = "access"
    OTHER = "other"


TOPIC_WORDS: dict[Topic, str] = {
    Topic.TAX: N_("Taxes"),
    Topic.LABOUR: N_("Labour and social insurance"),
    Topic.LICENCES: N_("Licences and inspections"),
    Topic.CONTRACTS: N_("Contracts and tenders"),
    Topic.ACCESS: N_("Who acts for the company"),
    Topic.OTHER: N_("Other matters"),
}
# So many days before its end the company is reminded of a delegation or a grant.
REMIND_OF_END = timedelta(days=14)


class Profession(StrEnum):
    """As what an agent acts; who may do what for money is the professions' own law."""

    SCRIVENER = "gyoseishoshi"
    TAX = "zeirishi"
    LABOUR = "sharoshi"
    OTHER = "other"


PROFESSION_WORDS: dict[Profession, str] = {
    Profession.SCRIVENER: N_("Administrative scrivener (行政書士)"),
    Profession.TAX: N_("Tax accountant (税理士)"),
    Profession.LABOUR: N_("Labour and social security attorney (社会保険労務士)"),
    Profession.OTHER: N_("Another company"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """For which company somebody acts, with which powers; `until` is the last day of a delegation, which has no `role` but
    the agent's company it was given to (`via`). `topics`: of which confidential notices are read where the power to read all
    of them is missing. `head` is the company of which this is a branch; `at_gbizid`: the delegation is gBizID's, to this
    person alone; `waits_until`: who came by letter decides only from then on."""

    company_id: UUID
    name: str
    key: str
    powers: frozenset[Power]
    role: str = ""
    until: date | None = None
    via: UUID | None = None
    topics: frozenset[Topic] = frozenset()
    head: UUID | None = None
    at_gbizid: bool = False
    closed: bool = False
    waits_until: datetime | None = None


class NoStanding(Refusal):
    code = "company-no-standing"
    status = 403
    message = N_("You do not act for a company just now.")
    next_step = N_("Choose the company you act for, or ask its representative to let you in.")


class PowerMissing(Refusal):
    code = "company-power-missing"
    status = 403
    message = N_("You may not do that for this company.")
    next_step = N_("Ask the representative of the company to do it or to let you do it.")


class AccountClosed(Refusal):
    code = "company-account-closed"
    status = 409
    message = N_("This company, business or branch is closed. Nothing new can be begun for it.")
    next_step = N_("Choose another company or branch you act for.")


class OfTheRegister(Refusal):
    code = "company-of-the-register"
    status = 409
    message = N_("Only a sole proprietor can close or open their business here.")
    next_step = N_(
        "A corporation is closed by its entry at the legal affairs bureau (法務局); it comes here by itself."
    )


class NotInRegister(Refusal):
    code = "company-not-in-register"
    status = 422
    message = N_("This corporate number is not in our copy of the national register.")
    next_step = N_("New companies come into it within a few days. Check the number, or try again later.")


class CorporationClosed(Refusal):
    code = "company-closed"
    status = 409
    message = N_("The register says that this corporation was closed.")
    next_step = N_("If that is wrong, ask the legal affairs bureau (法務局). A successor signs in with its own number.")


class AgentUnknown(Refusal):
    code = "company-agent-unknown"
    status = 422
    message = N_("No company with this number has an account here.")
    next_step = N_("Check the number, or ask your agent to sign in once with gBizID.")


class AgentIsSelf(Refusal):
    code = "company-agent-is-self"
    status = 422
    message = N_("A company cannot be its own agent.")
    next_step = N_("Enter the number of the agent's office.")


class SuccessionUnknown(Refusal):
    code = "company-succession-unknown"
    status = 404
    message = N_("Nothing waits to be taken over by your company.")
    next_step = N_("Go back to the page of your company.")


class GrantUnknown(Refusal):
    code = "company-grant-unknown"
    status = 404
    message = N_("Nobody of that kind can be let read confidential notices here.")
    next_step = N_("Go back to the list: somebody may have left, or a delegation may be over.")


class GrantWithoutTopic(Refusal):
    code = "company-grant-without-topic"
    status = 422
    message = N_("Nothing was chosen that they may read.")
    next_step = N_("Choose one or more kinds of notices.")


def check_digit(body: str) -> int:
    """The first digit of a 法人番号 for its other twelve (法人番号の指定等に関する省令第2条): 9 less the remainder by 9 of
    the sum of the digits, every second one from the right counted twice; it is never 0."""
    total = sum(int(sign) * (2 if place % 2 else 1) for place, sign in enumerate(reversed(body)))
    return 9 - total % 9


def is_number(number: str) -> bool:
    """Thirteen ASCII digits whose check digit fits."""
    return len(number) == 13 and number.isascii() and number.isdigit() and int(number[0]) == check_digit(number[1:])


def read_key(typed: str) -> str:
    """The number of an account: a 法人番号, or a number of ours as sole proprietors and branches have it. Raises
    TextRefused, with what is wrong with the 法人番号."""
    try:
        return read_number(typed)
    except TextRefused as refused:
        try:
            return read_reference(typed)
        except TextRefused:
            raise refused from None


def read_number(typed: str) -> str:
    """A 法人番号 as somebody typed it, also as an invoice number (T…); raises TextRefused."""
    number = digits(fold_width(single_line(typed, longest=60)).upper().removeprefix("T") or "T", count=13)
    if not is_number(number):
        raise TextRefused("corporate-number-mistyped")
    return number


def show_number(number: str) -> str:
    """In groups as the register prints it: 7-9999-0100-0001; numbers of our own stay as they are."""
    return (
        "-".join((number[0], number[1:5], number[5:9], number[9:]))
        if len(number) == 13 and number.isdigit()
        else number
    )


def search_key(name: str, kana: str = "") -> str:
    """What names are compared by: width, case and kana folded, signs and legal forms left out; name and kana side by side.
    A name that is nothing but a legal form keeps it."""
    folded = _fold(name)
    said = _fold(kana)
    return " ".join(filter(None, (_FORMS.sub("", folded) or folded, _FORM_KANA.sub("", said) or said)))


def query_key(typed: str) -> str:
    """A part of a name as somebody typed it, folded alike; "" when fewer than two letters are left."""
    folded = _fold(typed[:100])
    for forms in (_FORMS, _FORM_KANA):
        if len(rest := forms.sub("", folded)) >= SHORTEST_QUERY:
            folded = rest
    return folded if len(folded) >= SHORTEST_QUERY else ""


def _fold(text: str) -> str:
    """NFKC is right here and nowhere else: nobody reads this, and 﨑 must be found by who types 崎's own form."""
    return _NO_LETTERS.sub("", jaconv.hira2kata(unicodedata.normalize("NFKC", text)).upper())


def grams(key: str) -> set[str]:
    """All pairs of neighbouring letters of a search key, none across its parts."""
    return {part[place : place + 2] for part in key.split(" ") for place in range(len(part) - 1)}


def likeness(key: str, search_key: str) -> int:
    """0 when a part of the search key is *key*, 1 when one begins with it, 2 when it is somewhere in it."""
    parts = search_key.split(" ")
    return 0 if key in parts else 1 if any(part.startswith(key) for part in parts) else 2


def powers_of(scopes: Iterable[str]) -> frozenset[Power]:
    """What a delegation gives; unknown names give nothing."""
    known = set(DELEGABLE)
    return frozenset(power for power in known if str(power) in set(scopes))


def powers_at(kind: Kind, *, closed: bool) -> frozenset[Power]:
    """All that can be done for an account of this kind; of a closed branch the head office ends what was begun."""
    if closed:
        return AFTER_CLOSING | OF_CLOSED.get(kind, frozenset())
    return OF_BRANCH if kind is Kind.BRANCH else frozenset(Power)


def powers_in(role: Role, since: datetime, now: datetime) -> frozenset[Power]:
    """What somebody of a company may do for it now: who came by a letter begins as a member."""
    return POWERS[Role.LETTER_CLERK if waits_until(role, since, now) else role]


def waits_until(role: Role, since: datetime, now: datetime) -> datetime | None:
    """Until when who came by letter waits; None for everybody else."""
    return since + LETTER_WAITS if role is Role.LETTER and now < since + LETTER_WAITS else None


def name_of_branch(company: str, office: str) -> str:
    """As letters are addressed to it: 株式会社架空商店 千葉支店."""
    return f"{company} {office}"


def check_power(standing: Standing, power: Power) -> None:
    """Raise PowerMissing unless *standing* has it."""
    if power not in standing.powers:
        raise PowerMissing


def check_open(standing: Standing) -> None:
    """Raise AccountClosed where nothing new may be begun."""
    if standing.closed:
        raise AccountClosed
