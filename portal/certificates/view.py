"""Orders, answers and receipts as their readers see them."""

from typing import Any

from markupsafe import Markup

from portal.certificates import service
from portal.certificates.online.models import TimeStamp
from portal.certificates.online.rules import DELIVERY_WORDS
from portal.certificates.service import Answer, Order, Receipt, State, Verdict
from portal.core import clock
from portal.core.words import N_
from portal.web.i18n import catalogue, gettext, language, ngettext, show_date, show_datetime, show_yen

VERDICT_WORDS: dict[Verdict, tuple[str, str, str]] = {
    Verdict.GENUINE: (
        "success",
        N_("This certificate is genuine"),
        N_("The city issued it. Compare every line below with the paper."),
    ),
    Verdict.OLD: (
        "warning",
        N_("Genuine, but older than 3 months"),
        N_("The city issued it. It does not expire by law, but most offices and banks ask for a newer one."),
    ),
    Verdict.UNCONFIRMED: (
        "warning",
        N_("Not confirmed yet"),
        N_("The machine has not told us yet that this paper came out. Please try again in a few minutes."),
    ),
    Verdict.VOID: (
        "error",
        N_("This certificate is not valid"),
        N_("It was never handed out: printing failed or the fee was paid back. Please do not accept it."),
    ),
    Verdict.REVOKED: (
        "error",
        N_("This certificate is revoked"),
        N_("The city issued it and took it back since. Please do not accept it."),
    ),
    Verdict.UNKNOWN: (
        "error",
        N_("We do not know this certificate"),
        N_(
            "The city issued nothing with this number and code. Compare both with the paper once more. If they are "
            "right, please do not accept the paper."
        ),
    ),
}
"""Tone of the banner, heading, and what to make of it."""

STATE_WORDS: dict[str, tuple[str, str]] = {
    State.ORDERED: (N_("Waiting for payment"), "warning"),
    State.PAID: (N_("Being printed"), "info"),
    State.RENDERED: (N_("Being printed"), "info"),
    State.PRINTED: (N_("Printed"), "success"),
    State.REFUNDED: (N_("Paid back"), "neutral"),
    State.CANCELLED: (N_("Cancelled"), "neutral"),
    State.OWED: (N_("We owe you money"), "warning"),
}
POINTS_WORDS: dict[str, tuple[str, str]] = {
    State.REFUNDED: (N_("Points given back"), "neutral"),
    State.OWED: (N_("Waits for a member of staff"), "warning"),
}
"""Words for those paid with points: no money was taken."""
PAID_WITH_WORDS = {
    service.Method.COUPON: N_("With a coupon for points"),
    service.Method.POINTS: N_("With citizen points"),
}
BY_DELIVERY: dict[tuple[str, str], tuple[str, str]] = {
    (State.PAID, "electronic"): (N_("Paid: get it now"), "warning"),
    (State.PRINTED, "electronic"): (N_("In your mailbox"), "success"),
    (State.PAID, "post"): (N_("Will be posted"), "info"),
    (State.RENDERED, "post"): (N_("Will be posted"), "info"),
    (State.PRINTED, "post"): (N_("Posted"), "success"),
}
"""Words for those that came from home."""


CHANGED = (
    "error",
    N_("The paper does not match"),
    N_(
        "This date of birth is not on the genuine certificate. Please compare it once more. If it stands like this on "
        "the paper, the paper was changed: do not accept it, and call the office."
    ),
)
"""In place of the verdict: a genuine number on a paper that says something else."""


def words_of(answer: Answer) -> tuple[str, str, str]:
    """Tone, heading and explanation, as msgids."""
    return CHANGED if answer.matches is False else VERDICT_WORDS[answer.verdict]


def facts(answer: Answer) -> list[dict[str, Any]]:
    """What stands on the genuine paper, line by line; nothing of it says who is on it."""
    assert answer.issued_on
    rows = [
        (gettext("Certificate"), gettext(answer.title)),
        (gettext("Issue number"), answer.number),
        (gettext("Date of issue"), show_date(answer.issued_on)),
        (gettext("Issued by"), Markup('<span lang="ja">{}</span>').format(answer.issuer)),
        (gettext("Pages"), str(answer.pages) if answer.pages else ""),
        (gettext("Copies issued with this number"), str(answer.copies)),
        *(
            (gettext(item), gettext("On the paper") if shown else gettext("Left out (省略)"))
            for item, shown in answer.items
        ),
        (gettext("Checked before"), _checks(answer.checks, answer)),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


def _checks(count: int, asked: Answer | Order) -> str:
    if not count or not asked.checked_at:
        return gettext("Never")
    times = ngettext("%(num)s time", "%(num)s times", count)
    return gettext("%(times)s, last on %(when)s", times=times, when=show_datetime(asked.checked_at))


def line(order: Order) -> dict[str, Any]:
    """One order in the resident's list."""
    words, tone = state_of(order)
    return {
        "title": gettext(service.title_of(order.options, order.kind)),
        "href": f"/certificates/{order.id}",
        "note": show_datetime(order.ordered_at),
        "tag": (gettext(words), tone),
    }


def state_of(order: Order) -> tuple[str, str]:
    """How far it came (msgid), and the tone of its tag."""
    by_points = POINTS_WORDS.get(order.state) if order.paid_with else None
    return by_points or BY_DELIVERY.get((order.state, order.delivery)) or STATE_WORDS[order.state]


def wish_facts(order: Order) -> list[dict[str, Any]]:
    """What was asked for, in words, and what it costs."""
    rows = [(gettext("Certificate"), gettext(service.title_of(order.options, order.kind)))]
    for question in service.questions(service.Kind(order.kind), service.Channel(order.channel), clock.today()):
        if question.name != "scope":
            chosen = [one for one in question.choices if one.value == order.options.get(question.name)]
            rows += [(gettext(question.label), gettext(one.label, **one.facts)) for one in chosen]
    rows += [
        (gettext("Copies"), str(order.copies) if order.delivery != "electronic" else ""),
        (gettext("Delivery"), gettext(DELIVERY_WORDS[order.delivery]) if order.delivery else ""),
        (gettext("Fee"), show_yen(order.fee)),
        (gettext("Postage"), show_yen(order.postage) if order.postage else ""),
        (gettext("To be paid"), show_yen(order.total)),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


def own_facts(order: Order, office: str, stamp: TimeStamp | None = None) -> list[dict[str, Any]]:
    """One order as its owner sees it."""
    place = {"window": gettext("Window at"), "kiosk": gettext("Machine at")}
    rows = [
        (gettext("Number of your order"), order.reference if order.state != State.OWED else ""),  # shown above, large
        (place.get(order.channel, ""), office if order.channel in place else ""),
        (gettext("Delivery"), gettext(DELIVERY_WORDS[order.delivery]) if order.delivery else ""),
        (gettext("Copies"), str(order.copies)),
        (gettext("Fee"), show_yen(order.fee)),
        (gettext("Paid"), paid_with(order) if order.paid_with else ""),
        (gettext("Postage"), show_yen(order.postage) if order.postage else ""),
        (gettext("Issue number"), (order.issue_number or "") if order.state == State.PRINTED else ""),
        (gettext("Time stamp of the file"), f"{show_datetime(stamp.at)} {stamp.authority}" if stamp else ""),
        (gettext("Checked by others"), _checks(order.checks, order) if order.state == State.PRINTED else ""),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


def steps(order: Order) -> list[dict[str, Any]]:
    """What happened to an order: ordered, paid, owed, settled, as far as it came, and by whom."""
    ends = {
        State.PRINTED: gettext("Paper handed over at the window") if order.settled_by else gettext(state_of(order)[0]),
        State.REFUNDED: gettext("Points given back") if order.paid_with else gettext("Money paid back"),
        State.CANCELLED: gettext("Cancelled"),
    }
    happened = [
        (gettext("Ordered"), order.ordered_at, "", "done"),
        (gettext("Paid"), order.paid_at, paid_with(order), "done"),
        (_owed_words(order), order.owed_at, paid_with(order) if order.paid_with else show_yen(order.owed), "error"),
        (ends.get(State(order.state), ""), order.closed_at, _settled(order), "done"),
    ]
    found = [
        {"title": title, "when": show_datetime(at), "note": note, "state": state}
        for title, at, note, state in happened
        if at and title
    ]
    if not order.closed_at:
        found.append({"title": gettext(_next(order)), "state": "next"})
    return found


def paid_with(order: Order) -> str:
    """The sum of money, or what was given in its place."""
    words = PAID_WITH_WORDS.get(service.Method(order.method))
    return gettext(words) if words else show_yen(order.total)


def _owed_words(order: Order) -> str:
    if order.paid_with:
        return gettext("The machine does not know whether the paper came out")
    return gettext("No paper, and we still have your money")


def _next(order: Order) -> str:
    """What comes next, as a msgid."""
    if order.delivery and order.state != State.OWED:
        return NEXT[order.delivery] if order.state != State.ORDERED else N_("Paid")
    return N_("Settled at the window")


NEXT = {"electronic": N_("Delivered to your mailbox"), "post": N_("Posted")}


def _settled(order: Order) -> str:
    if not order.settled_by:
        return ""
    return f"{show_yen(order.paid_back)} {order.settled_by}" if order.paid_back else order.settled_by


def receipt(order: Order, office: str) -> Receipt:
    """The receipt for the fee in the reader's language, the Japanese beside it."""
    assert order.paid_at
    say, say_japanese = gettext, catalogue("ja").gettext
    copies = ngettext("%(num)s copy", "%(num)s copies", order.copies)
    title = service.both(service.title_of(order.options, order.kind), say, say_japanese)
    lines = [(title, copies, show_yen(order.fee))]
    if order.postage:
        lines.append((service.both(N_("Postage"), say, say_japanese), "", show_yen(order.postage)))
    below = [
        (service.both(N_("Date of payment"), say, say_japanese), show_datetime(order.paid_at)),
        (service.both("Issue number", say, say_japanese), order.issue_number or ""),
        *([(service.both("Machine at", say, say_japanese), office)] if order.channel == "kiosk" else []),
    ]
    return Receipt(
        language=language(),
        words=service.receipt_words(say, say_japanese),
        number=order.reference,
        amount=f"￥{order.total:,}",
        lines=lines,
        facts_below=below,
        issuer=service.issuer_of(order),
        printed_at=clock.now(),
        keywords=[f"receipt:{order.reference}"],
    )
