"""What the city decides about certificates: kinds, choices, fees, who may have one. Pure; refusals say what next.

Kiosk rules follow コンビニ交付: holders of a card aged 15 or over, own household, no copy with a personal number.
People under 支援措置 (住民基本台帳事務処理要領 第5-10) are served at the window only, and the refusal never says why:
whoever stands at the machine may be the one they are protected from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from portal.certificates.kinds import MAX_COPIES, RECORDS, Channel, Choice, Kind, Option, Purpose, fee, questions
from portal.certificates.sheets import Scope
from portal.core import clock
from portal.core.errors import Refusal
from portal.core.words import N_

__all__ = ["Channel", "Choice", "Kind", "Option", "Purpose", "fee"]

MIN_AGE = 15
MEMBERS = "members"
"""The ids of those on a copy of part of a household, apart by spaces."""


class State(StrEnum):
    """ordered → paid → rendered → printed; before payment cancelled, after it refunded; owed until staff pay back."""

    ORDERED = "ordered"
    PAID = "paid"
    RENDERED = "rendered"
    PRINTED = "printed"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    OWED = "owed"


class Method(StrEnum):
    """What a fee was paid with, as far as a machine tells it."""

    CASH = "cash"
    COUPON = "coupon"
    POINTS = "points"


BY_POINTS = frozenset({Method.COUPON, Method.POINTS})
"""No money was taken, and none is paid back: points or the coupon return to where they came from."""


class Outcome(StrEnum):
    """How staff ended an order a machine could not end."""

    MONEY = "money"
    PAPER = "paper"


class Failure(StrEnum):
    """Why a kiosk could not hand out the paper."""

    PRINTER_JAM = "printer-jam"
    PAPER_OUT = "paper-out"
    PRINTER_GONE = "printer-gone"
    DOCUMENT_WRONG = "document-wrong"
    REGISTER_CHANGED = "register-changed"
    COIN_BOX = "coin-box"
    COIN_BOX_SILENT = "coin-box-silent"
    TOO_LATE = "too-late"
    CARD_GONE = "card-gone"
    NETWORK = "network"
    POWER_CUT = "power-cut"
    STOPPED = "stopped"


FAILURE_WORDS: dict[str, str] = {
    Failure.PRINTER_JAM: N_("The printer stopped with the paper in it."),
    Failure.PAPER_OUT: N_("The printer had no paper."),
    Failure.PRINTER_GONE: N_("The printer did not answer."),
    Failure.DOCUMENT_WRONG: N_("The document was damaged and was not printed."),
    Failure.REGISTER_CHANGED: N_("The record changed between order and print."),
    Failure.COIN_BOX: N_("The coin box could not pay out."),
    Failure.COIN_BOX_SILENT: N_("The coin box did not answer: compare its own list before paying back."),
    Failure.TOO_LATE: N_("The machine was out of order for too long; it gives nothing to an empty place."),
}
SAID_NOTHING = N_("The machine has not said how it ended: look at its tray and its coin box first.")


class Barrier(StrEnum):
    """What the register holds against handing a record out by machine."""

    PROTECTED = "protected"
    HELD = "held"


class Verdict(StrEnum):
    """What the record says of a paper somebody holds."""

    GENUINE = "genuine"
    OLD = "old"
    UNCONFIRMED = "unconfirmed"
    VOID = "void"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


MONTHS_ACCEPTED = 3
"""A copy never expires by law; most who ask for one take it for three months."""


class TooYoung(Refusal):
    code = "certificate-too-young"
    status = 403
    message = N_("Certificates can be ordered here by people aged %(age)s or over.")
    next_step = N_("Please come to the window together with a parent or guardian.")


class OnlyAtWindow(Refusal):
    code = "certificate-only-at-window"
    status = 403
    message = N_("We cannot issue this certificate here.")
    next_step = N_("Please come to the window with your card. We will help you there.")


class MovedOut(Refusal):
    code = "certificate-moved-out"
    status = 403
    message = N_("You are no longer registered as living in this city.")
    next_step = N_("Please ask the city where you live now. Old records are available at the window.")


class NotOnRegister(Refusal):
    code = "certificate-not-on-register"
    status = 403
    message = N_("We could not find your resident record.")
    next_step = N_("Please come to the window with your card.")


class SealNotRegistered(Refusal):
    code = "certificate-seal-not-registered"
    status = 403
    message = N_("No seal of yours is registered.")
    next_step = N_("Please register your seal at the window of the ward office. Bring it and your card.")


class NoTaxRecords(Refusal):
    """None of any year: said before a year is asked for."""

    code = "certificate-no-tax-records"
    status = 403
    message = N_("We have no tax record of yours.")
    next_step = N_("Please ask the tax office: perhaps no return has arrived yet.")


class NoTaxRecord(Refusal):
    code = "certificate-no-tax-record"
    status = 403
    message = N_("We have no tax record of yours for this year.")
    next_step = N_("Please choose another year, or ask the tax office: perhaps no return has arrived yet.")


class MembersWrong(Refusal):
    code = "certificate-members-wrong"
    status = 422
    message = N_("Please choose people who live in your household.")
    next_step = N_("Please choose again.")


class NotHandedOut(Refusal):
    code = "certificate-not-handed-out"
    status = 409
    message = N_("This certificate was not handed out, or it is no longer valid.")
    next_step = N_("Please order a new one.")


class FileOver(Refusal):
    code = "certificate-file-over"
    status = 404
    message = N_("There is no file of this certificate (any more).")
    next_step = N_("Files are kept for three months. Please order a new one.")


class RecordChanged(Refusal):
    code = "certificate-record-changed"
    status = 409
    message = N_("Your record changed since this certificate was issued.")
    next_step = N_("Please order a new one.")


class NameNeedsWindow(Refusal):
    code = "certificate-name-needs-window"
    status = 403
    message = N_("A name on this certificate has a character this machine cannot print.")
    next_step = N_("Please come to the window. We will print it with the right character.")


class OptionsWrong(Refusal):
    code = "certificate-options-wrong"
    status = 422
    message = N_("These choices do not fit the certificate.")
    next_step = N_("Please choose again.")


class CopiesWrong(Refusal):
    code = "certificate-copies-wrong"
    status = 422
    message = N_("You can print 1 to %(most)s copies at a time.")
    next_step = N_("Please choose the number of copies again.")


class OrderUnknown(Refusal):
    code = "order-unknown"
    status = 404
    message = N_("There is no such order.")
    next_step = N_("Please start again from the first screen.")


class OrderOwnerWrong(Refusal):
    code = "order-owner-wrong"
    status = 403
    message = N_("This order belongs to another card or another machine.")
    next_step = N_("Please call a member of staff. No paper will be handed out.")


class OrderStateWrong(Refusal):
    code = "order-state-wrong"
    status = 409
    message = N_("This step does not fit the order any more.")
    next_step = N_("Please call a member of staff if you paid and have no paper.")


class AmountWrong(Refusal):
    code = "order-amount-wrong"
    status = 409
    message = N_("The amount does not match the fee of %(fee)s yen.")
    next_step = N_("Please take your money back and try again.")


class PaymentUsed(Refusal):
    code = "order-payment-used"
    status = 409
    message = N_("This payment already belongs to another order.")
    next_step = N_("Please call a member of staff.")


class AlreadySettled(Refusal):
    code = "order-already-settled"
    status = 409
    message = N_("This order is settled, or its machine is still at work.")
    next_step = N_("Look at the list again. Pay nothing back now.")


class NoPaperMade(Refusal):
    code = "order-no-paper-made"
    status = 422
    message = N_("No paper was ever made for this order.")
    next_step = N_("Pay the money back instead.")


class PaidBackWrong(Refusal):
    code = "order-paid-back-wrong"
    status = 422
    message = N_("The amount must be between 1 and %(fee)s yen.")
    next_step = N_("Check the amount and try again.")


class RegisterChanged(Refusal):
    code = "register-changed"
    status = 409
    message = N_("Your record changed after you ordered, so we did not print the old one.")
    next_step = N_("Your money is returned. Please order again.")


@dataclass(frozen=True, slots=True)
class Applicant:
    """What decides whether somebody may have a copy: nothing about who they are beyond that."""

    born_on: date
    left_on: date | None
    barriers: frozenset[Barrier]
    """Barriers of the person and of everybody in the household."""


def age(born_on: date, day: date) -> int:
    """Full years on *day* (年齢計算ニ関スル法律)."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def check_may_have(applicant: Applicant, today: date, channel: Channel = Channel.KIOSK) -> None:
    """Raise the first reason why this person may not have a copy here. At the window staff see who asks: what holds a
    machine back (age, 支援措置) they decide themselves."""
    if applicant.left_on is not None and applicant.left_on <= today:
        raise MovedOut
    if channel is Channel.WINDOW:
        return
    if age(applicant.born_on, today) < MIN_AGE:
        raise TooYoung(age=MIN_AGE)
    if applicant.barriers:
        raise OnlyAtWindow


def check_wish(
    kind: str, options: Mapping[str, str], copies: int, channel: Channel = Channel.KIOSK, today: date | None = None
) -> Kind:
    """Every question of the channel answered with one of its choices, nothing else asked, 1 to 5 copies."""
    if kind not in {known.value for known in Kind}:
        raise OptionsWrong
    wanted = Kind(kind)
    asked = questions(wanted, channel, today or clock.today())
    if options.get("number") != "yes":
        asked = tuple(option for option in asked if option.name != "number_for")
    names = {option.name for option in asked}
    if options.get("scope") == Scope.PART and wanted in RECORDS:
        names.add(MEMBERS)
    if set(options) != names:
        raise OptionsWrong
    if not all(option.allows(options[option.name]) for option in asked):
        raise OptionsWrong
    if not 1 <= copies <= MAX_COPIES:
        raise CopiesWrong(most=MAX_COPIES)
    return wanted


def members_of(options: Mapping[str, str]) -> frozenset[UUID]:
    """Who of the household is on a copy of part of it. Raises OptionsWrong for what names nobody."""
    try:
        return frozenset(UUID(one) for one in options.get(MEMBERS, "").split())
    except ValueError:
        raise OptionsWrong from None


def verdict(state: State, issued_on: date, today: date, *, revoked: bool = False) -> Verdict:
    """What holds of a paper in the hands of somebody: only one that is known to have been handed out is genuine."""
    if revoked:
        return Verdict.REVOKED
    if state is State.PRINTED:
        return Verdict.OLD if is_older_than(MONTHS_ACCEPTED, issued_on, today) else Verdict.GENUINE
    return Verdict.UNCONFIRMED if state in (State.PAID, State.RENDERED) else Verdict.VOID


def is_older_than(months: int, day: date, today: date) -> bool:
    """Whether so many calendar months have passed since *day* (民法 143条: the day of the same number ends them)."""
    passed = (today.year - day.year) * 12 + today.month - day.month
    return passed > months or (passed == months and today.day > day.day)
