"""What somebody should know about their points in time."""

from sqlalchemy.orm import Session

from portal.core.words import N_
from portal.mailbox.channels.rules import Says
from portal.mailbox.sending import tell
from portal.points import service as points
from portal.points.events import (
    AccountsJoined,
    AccountsTakenApart,
    ActivityCancelled,
    ExchangeAsked,
    ExchangeCameBack,
    HoursTakenBack,
    ObjectionAnswered,
    PaidAtPartner,
    PaymentToConfirm,
    PointsExpiring,
    StepsAnswered,
)

SECTION = "市民ポイント"


def on_points_expiring(session: Session, event: PointsExpiring) -> None:
    """60, 30 and 7 days before, once each; of what was spent since nothing is told."""
    left = sum(one.amount for one in points.expiring(session, event.resident_id) if one.day == event.day)
    if not left:
        return
    tell(
        session,
        event.resident_id,
        key=f"points-expiring:{event.resident_id}:{event.day}:{event.days}",
        section=SECTION,
        title=N_("%(points)s of your points run out soon"),
        body=N_(
            "%(points)s of your citizen points last until %(day)s.\n\n"
            "Until then you can exchange them for a reward, or donate them to a project of the city. "
            "Your rank stays as it is."
        ),
        facts={"points": left, "day": event.day.isoformat()},
        says=Says.LETTER,
        link="/points",
    )


def on_accounts_joined(session: Session, event: AccountsJoined) -> None:
    """In both mailboxes: whoever is not the person of both records hears of it while it can still be taken apart."""
    for who in (event.gone_id, event.kept_id):
        tell(
            session,
            who,
            key=f"accounts-joined:{event.join_id}:{who}",
            section=SECTION,
            title=N_("Your citizen points are together now"),
            body=N_(
                "The city had two records of you. Their citizen points are one since today: each point keeps its last "
                "day, and your rank counts what you earned under either record.\n\n"
                "Is that wrong? Tell the city’s section for citizen points at once, before you use any points: until "
                "then it can be taken apart again."
            ),
            facts={},
            says=Says.LETTER,
            link="/points",
        )


def on_accounts_taken_apart(session: Session, event: AccountsTakenApart) -> None:
    """Again in both."""
    for who in (event.gone_id, event.kept_id):
        tell(
            session,
            who,
            key=f"accounts-apart:{event.join_id}:{who}",
            section=SECTION,
            title=N_("Your citizen points are as they were before"),
            body=N_(
                "The city had joined your citizen points with those of another record. That was a mistake, and it is "
                "undone: your points, their last days and your rank are as they were before."
            ),
            facts={},
            says=Says.LETTER,
            link="/points",
        )


def on_activity_cancelled(session: Session, event: ActivityCancelled) -> None:
    """At once: people plan their day by it."""
    about = points.volunteering_of(session, event.activity_id)
    tell(
        session,
        event.resident_id,
        key=f"activity-cancelled:{event.resident_id}:{event.activity_id}",
        section=SECTION,
        title=N_("Cancelled: %(activity)s"),
        body=N_(
            "The organisation cancelled “%(activity)s” on %(day)s.\n\nOther things to do near you are in the list."
        ),
        facts={"activity": about.title, "day": about.day.isoformat()},
        says=Says.LETTER,
        link="/points/volunteering",
    )


def on_objection_answered(session: Session, event: ObjectionAnswered) -> None:
    """What the city decided, in its own words."""
    about = points.objection_of(session, event.place_id)
    tell(
        session,
        event.resident_id,
        key=f"objection-answered:{event.place_id}",
        section=SECTION,
        title=N_("Answer about your attendance: %(activity)s")
        if about.is_event
        else N_("Answer about your hours: %(activity)s"),
        body=N_("You told the city that you were at “%(activity)s” on %(day)s.\n\nThe answer: %(answer)s")
        if about.is_event
        else N_("You told the city that your hours of “%(activity)s” on %(day)s were wrong.\n\nThe answer: %(answer)s"),
        facts={"activity": about.title, "day": about.day.isoformat(), "answer": about.answer},
        says=Says.LETTER,
        link="/points/volunteering/mine",
    )


def on_steps_answered(session: Session, event: StepsAnswered) -> None:
    """What the city decided on days of walking, in its own words."""
    found = points.steps_objection_of(session, event.objection_id)
    if found is None:
        return
    answer, is_right = found
    tell(
        session,
        event.resident_id,
        key=f"steps-answered:{event.objection_id}",
        section=SECTION,
        title=N_("Answer about your steps: they count")
        if is_right
        else N_("Answer about your steps: they do not count"),
        body=N_("You told the city that your days of walking are right.\n\nThe answer: %(answer)s"),
        facts={"answer": answer},
        says=Says.LETTER,
        link="/points/health",
    )


def on_hours_taken_back(session: Session, event: HoursTakenBack) -> None:
    """With the reason, what it means for points that were spent, and what can be done about it."""
    back = points.takeback_of(session, event.back_id)
    body = N_(
        "%(points)s points for “%(activity)s” on %(day)s were taken back.\n\nThe reason: %(why)s\n\n"
        "Is that wrong? You can object on the page “My activities” for 30 days."
    )
    if back.owed:
        body = N_(
            "%(points)s points for “%(activity)s” on %(day)s were taken back.\n\nThe reason: %(why)s\n\n"
            "You had spent %(owed)s of them. They are set off against points you earn next; your other points stay "
            "untouched.\n\nIs that wrong? You can object on the page “My activities” for 30 days."
        )
    tell(
        session,
        event.resident_id,
        key=f"hours-taken-back:{event.back_id}",
        section=SECTION,
        title=N_("Points taken back: %(activity)s"),
        body=body,
        facts={
            "points": back.points, "activity": back.about.title, "day": back.about.day.isoformat(), "why": back.why,
            "owed": back.owed,
        },
        says=Says.LETTER,
        link="/points/volunteering/mine",
    )  # fmt: skip


def on_payment_to_confirm(session: Session, event: PaymentToConfirm) -> None:
    """At once: the person stands at the till."""
    asked = points.payment_to_confirm(session, event.resident_id, event.reference)
    tell(
        session,
        event.resident_id,
        key=f"payment-to-confirm:{event.reference}",
        section=SECTION,
        title=N_("Please confirm the use of a coupon")
        if asked.coupon
        else N_("Please confirm a payment of %(points)s points"),
        body=N_(
            "%(shop)s asks for your coupon “%(coupon)s” with your city card. It is used only when you agree, within five "
            "minutes.\n\nWas it not you? Refuse it, and stop the card at once on the page “My city card”."
        )
        if asked.coupon
        else N_(
            "%(shop)s asks for %(points)s points with your city card. It is paid only when you agree, within five "
            "minutes.\n\nWas it not you? Refuse it, and stop the card at once on the page “My city card”."
        ),
        facts={"points": asked.points, "shop": asked.shop, "coupon": asked.coupon},
        says=Says.LETTER,
        link=f"/points/payments/{event.reference}",
    )


def on_exchange_asked(session: Session, event: ExchangeAsked) -> None:
    """At once: what is exchanged does not come back, so whoever did not ask for it has to hear of it."""
    tell(
        session,
        event.resident_id,
        key=f"exchange-asked:{event.reference}",
        section=SECTION,
        title=N_("You exchange citizen points for private points"),
        body=N_(
            "Exchange %(reference)s is on its way. Once the programme has the points, it cannot be undone.\n\n"
            "Was it not you? Change your password at once, and tell the city’s section for citizen points."
        ),
        facts={"reference": event.reference},
        says=Says.LETTER,
        link="/points/exchange",
    )


def on_exchange_came_back(session: Session, event: ExchangeCameBack) -> None:
    """Whoever left the page would wait for private points that never come."""
    tell(
        session,
        event.resident_id,
        key=f"exchange-back:{event.reference}",
        section=SECTION,
        title=N_("Your points came back from an exchange"),
        body=N_(
            "Exchange %(reference)s for private points was not possible. Its points are yours again and last as long as "
            "before.\n\nThe page of exchanges says why where it is known; there you can ask again."
        ),
        facts={"reference": event.reference},
        says=Says.LETTER,
        link="/points/exchange",
    )


def on_paid_at_partner(session: Session, event: PaidAtPartner) -> None:
    """At once: whoever lost the card learns that somebody pays with it."""
    paid = points.payment_of(session, event.resident_id, event.reference)
    if paid is None:
        return
    tell(
        session,
        event.resident_id,
        key=f"paid-at-partner:{event.reference}",
        section=SECTION,
        title=N_("Your city card used a coupon") if paid.coupon else N_("Your city card paid %(points)s points"),
        body=N_(
            "At %(shop)s your city card used your coupon “%(coupon)s”.\n\n"
            "Was it not you? Stop the card at once on the page “My city card”, and tell the city."
        )
        if paid.coupon
        else N_(
            "At %(shop)s your city card paid %(points)s points.\n\n"
            "Was it not you? Stop the card at once on the page “My city card”, and tell the city."
        ),
        facts={"points": paid.points, "shop": paid.shop, "coupon": paid.coupon},
        says=Says.LETTER,
        link="/points",
    )
