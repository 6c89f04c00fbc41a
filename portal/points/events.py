"""What happens to somebody's points, for rooms above: they are told in time."""

from datetime import date
from uuid import UUID

from portal.core.events import Event


class PointsExpiring(Event):
    """Points of the person run out after `day`, which is `days` days ahead: 60, 30 or 7."""

    resident_id: UUID
    day: date
    days: int


class PointsCameBack(Event):
    """Transfer `number` of the books undid another: points are in the lots again from which the person had spent them."""

    number: int


class AccountsJoined(Event):
    """Two records turned out to be one person: the points of `gone_id` are those of `kept_id` now."""

    gone_id: UUID
    kept_id: UUID
    join_id: UUID


class AccountsTakenApart(Event):
    """That was wrong: each of the two has its own points again."""

    gone_id: UUID
    kept_id: UUID
    join_id: UUID


class ActivityCancelled(Event):
    """The activity does not take place; the person has a place in it."""

    resident_id: UUID
    activity_id: UUID


class ObjectionAnswered(Event):
    """The city decided on what the person said about their hours."""

    resident_id: UUID
    place_id: UUID


class StepsAnswered(Event):
    """The city decided on what the person said about days of walking that waited or were refused."""

    resident_id: UUID
    objection_id: UUID


class HoursTakenBack(Event):
    """Points the person got for an activity were taken back."""

    resident_id: UUID
    back_id: UUID


class PartnerNews(Event):
    """Something about a shop for which the person acts: `what` is one of the words of mailbox.partner_news."""

    resident_id: UUID
    partner_id: UUID
    what: str
    day: date | None
    key: str


class PaymentToConfirm(Event):
    """A shop's terminal asks for a large sum with the person's card: they agree on their phone, or not."""

    resident_id: UUID
    reference: str


class ExchangeAsked(Event):
    """Points of the person were set aside to become points of a private programme."""

    resident_id: UUID
    reference: str


class ExchangeCameBack(Event):
    """Nothing became of an exchange: its points are the person's again."""

    resident_id: UUID
    reference: str


class PaidAtPartner(Event):
    """The person's card paid with points in a shop: `reference` names the payment."""

    resident_id: UUID
    reference: str
