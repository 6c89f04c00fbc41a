"""What stands on the desk of a member of staff: the pages their permissions open, in the order of the day."""

from dataclasses import dataclass

from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.core.words import N_


@dataclass(frozen=True, slots=True)
class Place:
    """One page of work: the permission that opens it, its words (msgid), address and icon; `search` takes `?q=`."""

    permission: Permission
    words: str
    url: str
    icon: str
    search: bool = False


PLACES = (
    Place(Permission.NOTICE_WRITE, N_("Notices"), "/staff/notices", "send"),
    Place(Permission.APPLICATION_REVIEW, N_("Pre-applications"), "/staff/applications", "list-checks", search=True),
    Place(Permission.APPLICATION_REVIEW, N_("Procedures"), "/staff/procedures", "file-text"),
    Place(Permission.WINDOW_SERVE, N_("Window"), "/staff/window", "ticket", search=True),
    Place(Permission.ACCOUNT_HELP, N_("Accounts and cards"), "/staff/accounts", "id-card"),
    Place(Permission.REFUND_SETTLE, N_("Money owed by machines"), "/staff/refunds", "coins"),
    Place(Permission.RESIDENT_IMPORT, N_("Resident register"), "/staff/residents/import", "upload"),
    Place(Permission.STAFF_MANAGE, N_("Staff accounts"), "/staff/members", "users"),
    Place(Permission.CLIENT_WATCH, N_("Machines"), "/staff/clients", "printer"),
    Place(Permission.AUDIT_READ, N_("Records"), "/staff/records", "history"),
)


def desk_of(actor: Actor) -> list[Place]:
    """The places *actor* may enter."""
    return [place for place in PLACES if actor.may(place.permission)]
