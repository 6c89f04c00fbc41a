"""What somebody who acts for a shop should know in time: its account, its contract."""

from sqlalchemy.orm import Session

from portal.core.words import N_
from portal.mailbox.channels.rules import Says
from portal.mailbox.point_news import SECTION
from portal.mailbox.sending import tell
from portal.points import service as points
from portal.points.events import PartnerNews

NEWS: dict[str, tuple[str, str]] = {
    "accepted": (
        N_("%(shop)s may take points"),
        N_(
            "The city accepted %(shop)s. From %(day)s it takes points and coupons on its page. The contract says until when."
        ),
    ),
    "refused": (
        N_("The city did not accept %(shop)s"),
        N_("The shop takes no points. The reason stands on the page of the shop."),
    ),
    "account-asked": (
        N_("Another bank account was entered for %(shop)s"),
        N_(
            "On %(day)s somebody who acts for %(shop)s asked to be paid on another bank account. The city calls the shop "
            "before it agrees, and then a week passes. Until then the money goes to the account of before.\n\n"
            "Was it not you, or nobody you know of? Stop it at once on the page of the shop, and tell the city."
        ),
    ),
    "account-agreed": (
        N_("%(shop)s is paid on its new account from %(day)s"),
        N_(
            "The city agreed to the new bank account of %(shop)s. What goes to the bank from %(day)s on is paid there; what "
            "went to the bank before is paid on the former account.\n\n"
            "Was it not you? Until that day you stop it on the page of the shop."
        ),
    ),
    "presence-changed": (
        N_("%(shop)s says something new in the list of shops"),
        N_(
            "Somebody who acts for %(shop)s changed its address, its opening hours or what one gets there. Residents see it "
            "already.\n\nIs it wrong? Put it right on the page of the shop."
        ),
    ),
    "terminal-gone": (
        N_("A terminal of %(shop)s stands in another shop now"),
        N_(
            "The city placed a terminal that stood in %(shop)s in another shop. What cards pay on it goes to that shop from "
            "now on.\n\nIs it still on your counter? Do not use it, and call the city at once."
        ),
    ),
    "change-refused": (
        N_("The city did not agree to a change for %(shop)s"),
        N_("Everything stays as it was. The reason stands on the page of the shop."),
    ),
    "change-stopped": (
        N_("A change for %(shop)s was stopped"),
        N_("Everything stays as it was. Who did not ask for it should tell the city, and change the password."),
    ),
    "contract-ends": (
        N_("The contract of %(shop)s ends on %(day)s"),
        N_(
            "After %(day)s %(shop)s takes no points any more. To go on, ask for the renewal on the page of the shop.\n\n"
            "What came in until then is settled and paid in any case."
        ),
    ),
    "contract-renewed": (
        N_("The contract of %(shop)s goes on until %(day)s"),
        N_("The city renewed the contract. There is nothing you have to do."),
    ),
    "contract-ends-by-notice": (
        N_("%(shop)s takes points until %(day)s"),
        N_(
            "The contract ends on that day. What came in until then is settled on the eighth of the month after, as always, "
            "and the last statement is paid after it."
        ),
    ),
    "contract-closed": (
        N_("Everything of %(shop)s is settled and paid"),
        N_(
            "The contract is over and the terminals take no points any more. The statements can still be read on its page."
        ),
    ),
}


def on_partner_news(session: Session, event: PartnerNews) -> None:
    """Once a key; whoever acts for the shop reads it."""
    title, body = NEWS[event.what]
    facts = {"shop": points.shop_name(session, event.partner_id)}
    tell(
        session,
        event.resident_id,
        key=event.key,
        section=SECTION,
        title=title,
        body=body,
        facts=facts | ({"day": event.day.isoformat()} if event.day else {}),
        says=Says.LETTER,
        link=f"/points/shops/{event.partner_id}/contract",
    )
