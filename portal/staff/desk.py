"""What stands on the desk of a member of staff: the pages their permissions open, in the order of the day."""

from dataclasses import dataclass

from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.core.words import N_


@dataclass(frozen=True, slots=True)
class Place:
    """One page of work: the permission that opens it, its words (msgid), address and icon; `search` takes `?q=`; `also` is
    another address whose pages belong to it."""

    permission: Permission
    words: str
    url: str
    icon: str
    search: bool = False
    also: str = ""


PLACES = (
    Place(Permission.NOTICE_WRITE, N_("Notices"), "/staff/notices", "send"),
    Place(Permission.GUIDANCE_KEEP, N_("Guidance"), "/staff/guidance", "hand-heart"),
    Place(Permission.FACTS_TELL, N_("Section's data"), "/staff/facts", "upload"),
    Place(Permission.APPLICATION_REVIEW, N_("Pre-applications"), "/staff/applications", "list-checks", search=True),
    Place(Permission.APPLICATION_REVIEW, N_("Procedures"), "/staff/procedures", "file-text"),
    Place(Permission.OPINION_GIVE, N_("Expert opinions"), "/staff/opinions", "users"),
    Place(Permission.WINDOW_SERVE, N_("Window"), "/staff/window", "ticket", search=True),
    Place(Permission.APPLICATION_ASSIST, N_("Assistance at the window"), "/staff/assist", "pencil"),
    Place(Permission.WINDOW_SERVE, N_("Visits of the day"), "/staff/attendance", "calendar-check"),
    Place(Permission.WINDOW_WATCH, N_("Figures of the window"), "/staff/window/statistics", "list-checks"),
    Place(Permission.VISIT_BOOK, N_("Visits by phone"), "/staff/visits", "phone"),
    Place(Permission.OFFICE_DAYS, N_("Opening days"), "/staff/office-days", "calendar"),
    Place(Permission.ACCOUNT_HELP, N_("Accounts and cards"), "/staff/accounts", "id-card", also="/staff/cards"),
    Place(Permission.COMPANY_LETTERS, N_("Sign-in letters of companies"), "/staff/company-letters", "building-2"),
    Place(Permission.ACCOUNT_HELP, N_("Mandates to read notices"), "/staff/mandates", "users"),
    Place(Permission.WINDOW_SERVE, N_("Take a coupon"), "/staff/coupons", "ticket"),
    Place(Permission.WINDOW_SERVE, N_("Enter a code from paper"), "/staff/points-codes", "coins"),
    Place(Permission.CERTIFICATE_ISSUE, N_("Certificates"), "/staff/certificates", "file-check"),
    Place(Permission.CERTIFICATE_ISSUE, N_("Certificates by post"), "/staff/certificate-post", "send"),
    Place(Permission.POINTS_KEEP, N_("Citizen points"), "/staff/points", "coins"),
    Place(Permission.POINTS_KEEP, N_("Volunteering and events"), "/staff/volunteering", "hand-heart"),
    Place(Permission.REFUND_SETTLE, N_("Money owed by machines"), "/staff/refunds", "coins"),
    Place(Permission.KIOSK_WATCH, N_("Kiosks"), "/staff/kiosks", "printer"),
    Place(Permission.RESIDENT_IMPORT, N_("Resident register"), "/staff/residents/import", "upload"),
    Place(Permission.TENDER_WRITE, N_("Tenders"), "/staff/tenders", "megaphone", also="/staff/opening-code"),
    Place(Permission.TENDER_WRITE, N_("Awards of years before"), "/staff/awards", "upload"),
    Place(
        Permission.TENDER_WRITE, N_("Grades and suspensions"), "/staff/suspensions", "building-2", also="/staff/grades"
    ),
    Place(Permission.COMPANY_READ, N_("Objections of companies"), "/staff/objections", "reply"),
    Place(Permission.COMPANY_READ, N_("Basics of companies"), "/staff/companies", "building-2"),
    Place(Permission.COMPANY_GRANT, N_("What sections may read of companies"), "/staff/reading", "key-round"),
    Place(Permission.REGISTRATION_KEEP, N_("Licences and certificates"), "/staff/registrations", "award"),
    Place(Permission.COMPANY_WRITE, N_("Notices to companies"), "/staff/company-notices", "mail"),
    Place(Permission.STAFF_MANAGE, N_("Staff accounts"), "/staff/members", "users"),
    Place(Permission.CLIENT_ENROL, N_("Sending keys"), "/staff/sending-keys", "send"),
    Place(Permission.CLIENT_WATCH, N_("Machines"), "/staff/clients", "printer"),
    Place(Permission.CLIENT_WATCH, N_("Card terminals"), "/staff/terminals", "nfc"),
    Place(Permission.EMERGENCY_DECLARE, N_("Emergency information"), "/staff/emergency", "megaphone"),
    Place(Permission.AUDIT_READ, N_("Records"), "/staff/records", "history"),
    Place(Permission.AUDIT_READ, N_("Awards to look at"), "/staff/flags", "triangle-alert"),
)


def desk_of(actor: Actor) -> list[Place]:
    """The places *actor* may enter."""
    return [place for place in PLACES if actor.may(place.permission)]
