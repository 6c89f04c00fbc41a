"""What can be ordered from home, how it comes, how it is paid for. Pure; refusals say what next."""

from datetime import timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.money import Yen
from portal.core.words import N_

PAY_WITHIN = timedelta(days=7)
MOST_UNPAID = 5
"""Orders one person may have open without paying: one of each kind, as many as there are."""
FILE_KEPT = timedelta(days=90)
"""How long a delivered file can be fetched again; most who ask for a certificate take it for three months."""


class Delivery(StrEnum):
    ELECTRONIC = "electronic"
    POST = "post"


class Way(StrEnum):
    """Who takes the money: a payment service, a window in cash, nobody (free of charge)."""

    ONLINE = "online"
    WINDOW = "window"
    FREE = "free"


DELIVERY_WORDS: dict[str, str] = {
    Delivery.ELECTRONIC: N_("To my mailbox, as a signed PDF"),
    Delivery.POST: N_("By letter, to my registered address"),
}
DELIVERY_HINTS: dict[str, str] = {
    Delivery.ELECTRONIC: N_("It is there as soon as it is paid. Ask first whether they accept a PDF."),
    Delivery.POST: N_("Posted on the next working day. It goes to no other address."),
}
WAY_WORDS: dict[str, str] = {
    Way.ONLINE: N_("Now, through the payment service"),
    Way.WINDOW: N_("In cash, at the window of any ward office"),
    Way.FREE: N_("Free of charge"),
}


class PaymentServiceSilent(Refusal):
    code = "payment-service-silent"
    status = 503
    message = N_("The payment service does not answer.")
    next_step = N_("Nothing was paid. Please try again in a few minutes, or pay at the window.")


class TooManyUnpaid(Refusal):
    """Facts: `most`."""

    code = "certificate-too-many-unpaid"
    status = 409
    message = N_("You have %(most)s orders that are not paid yet; another one cannot be placed now.")
    next_step = N_("Pay for one of them or cancel it. What nobody pays for ends by itself after a week.")


class NotPaidYet(Refusal):
    code = "certificate-not-paid-yet"
    status = 409
    message = N_("The payment has not arrived yet.")
    next_step = N_("Finish it on the page of the payment service, or try again in a minute.")


class DeliveryWrong(Refusal):
    code = "certificate-delivery-wrong"
    status = 422
    message = N_("Choose how the certificate comes to you.")
    next_step = N_("A file is issued once; on paper you can have up to 5 copies.")


class WayWrong(Refusal):
    code = "certificate-payment-way-wrong"
    status = 422
    message = N_("Choose how you pay.")
    next_step = N_("Please choose again.")


def check_unpaid(there: int) -> None:
    """Whether one more may be placed beside those that are *there*."""
    if there >= MOST_UNPAID:
        raise TooManyUnpaid(most=MOST_UNPAID)


def check_delivery(delivery: str, copies: int) -> Delivery:
    """A file can be copied by whoever has it: one is enough."""
    if delivery not in set(Delivery) or (delivery == Delivery.ELECTRONIC and copies != 1):
        raise DeliveryWrong
    return Delivery(delivery)


def check_way(way: str, total: int, *, online: bool) -> Way:
    """What is free is paid by nobody; the payment service can only be chosen where the city has one."""
    if total == 0:
        return Way.FREE
    if way not in {Way.WINDOW, *({Way.ONLINE} if online else ())}:
        raise WayWrong
    return Way(way)


def postage(delivery: Delivery, letter_yen: int) -> Yen:
    """One letter, however many copies are in it (up to 5 sheets weigh less than 50 g)."""
    return Yen(letter_yen if delivery is Delivery.POST else 0)
