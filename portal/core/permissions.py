"""Who may do what, as one table a city's auditor can read aloud."""

from enum import StrEnum


class Permission(StrEnum):
    """One thing a member of staff may do; a page names exactly one."""

    NOTICE_WRITE = "notice.write"
    NOTICE_APPROVE = "notice.approve"
    GUIDANCE_KEEP = "guidance.keep"
    FACTS_TELL = "facts.tell"
    APPLICATION_REVIEW = "application.review"
    APPLICATION_SUPERVISE = "application.supervise"
    APPLICATION_ASSIST = "application.assist"
    OPINION_GIVE = "opinion.give"
    WINDOW_SERVE = "window.serve"
    WINDOW_WATCH = "window.watch"
    VISIT_BOOK = "visit.book"
    OFFICE_DAYS = "office.days"
    ACCOUNT_HELP = "account.help"
    COMPANY_LETTERS = "company.letters"
    REFUND_SETTLE = "refund.settle"
    CARD_ISSUE = "card.issue"
    CERTIFICATE_ISSUE = "certificate.issue"
    RESIDENT_IMPORT = "resident.import"
    KIOSK_WATCH = "kiosk.watch"
    KIOSK_STEER = "kiosk.steer"
    CLIENT_ENROL = "client.enrol"
    CLIENT_WATCH = "client.watch"
    STAFF_MANAGE = "staff.manage"
    EMERGENCY_DECLARE = "emergency.declare"
    POINTS_KEEP = "points.keep"
    POINTS_APPROVE = "points.approve"
    TENDER_WRITE = "tender.write"
    SUSPENSION_DECIDE = "suspension.decide"
    COMPANY_READ = "company.read"
    COMPANY_GRANT = "company.grant"
    REGISTRATION_KEEP = "registration.keep"
    COMPANY_WRITE = "company.write"
    COMPANY_APPROVE = "company.approve"
    AUDIT_READ = "audit.read"


class Role(StrEnum):
    """A job a member of staff holds in a section."""

    SENDER = "sender"
    APPROVER = "approver"
    PROCESSOR = "processor"
    SUPERVISOR = "supervisor"
    EXPERT = "expert"
    WINDOW = "window"
    WINDOW_SUPERVISOR = "window-supervisor"
    REGISTRAR = "registrar"
    OPERATOR = "operator"
    SECURITY_MANAGER = "security-manager"
    POINTS_KEEPER = "points-keeper"
    POINTS_CHIEF = "points-chief"
    BUYER = "buyer"
    BUYING_CHIEF = "buying-chief"
    LICENSER = "licenser"
    BODY_ADMIN = "body-admin"
    AUDITOR = "auditor"


ROLES: dict[Role, frozenset[Permission]] = {
    Role.SENDER: frozenset({Permission.NOTICE_WRITE, Permission.GUIDANCE_KEEP, Permission.FACTS_TELL}),
    Role.APPROVER: frozenset({Permission.NOTICE_WRITE, Permission.NOTICE_APPROVE}),
    Role.PROCESSOR: frozenset({Permission.APPLICATION_REVIEW}),
    Role.WINDOW: frozenset(
        {
            Permission.WINDOW_SERVE,
            Permission.VISIT_BOOK,
            Permission.ACCOUNT_HELP,
            Permission.COMPANY_LETTERS,
            Permission.REFUND_SETTLE,
            Permission.CARD_ISSUE,
            Permission.CERTIFICATE_ISSUE,
            Permission.APPLICATION_ASSIST,
            Permission.KIOSK_WATCH,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {Permission.APPLICATION_REVIEW, Permission.APPLICATION_SUPERVISE, Permission.EMERGENCY_DECLARE}
    ),
    Role.EXPERT: frozenset({Permission.OPINION_GIVE}),
    Role.WINDOW_SUPERVISOR: frozenset(
        {
            Permission.WINDOW_SERVE,
            Permission.WINDOW_WATCH,
            Permission.COMPANY_LETTERS,
            Permission.KIOSK_WATCH,
            Permission.KIOSK_STEER,
        }
    ),
    Role.REGISTRAR: frozenset({Permission.RESIDENT_IMPORT}),
    Role.OPERATOR: frozenset(
        {
            Permission.CLIENT_ENROL,
            Permission.CLIENT_WATCH,
            Permission.KIOSK_WATCH,
            Permission.KIOSK_STEER,
            Permission.STAFF_MANAGE,
            Permission.OFFICE_DAYS,
            Permission.EMERGENCY_DECLARE,
        }
    ),
    Role.SECURITY_MANAGER: frozenset({Permission.AUDIT_READ, Permission.CLIENT_WATCH}),
    Role.POINTS_KEEPER: frozenset({Permission.POINTS_KEEP}),
    Role.POINTS_CHIEF: frozenset({Permission.POINTS_KEEP, Permission.POINTS_APPROVE}),
    Role.BUYER: frozenset({Permission.TENDER_WRITE, Permission.COMPANY_READ, Permission.COMPANY_WRITE}),
    Role.BUYING_CHIEF: frozenset(
        {
            Permission.TENDER_WRITE,
            Permission.SUSPENSION_DECIDE,
            Permission.COMPANY_READ,
            Permission.REGISTRATION_KEEP,
            Permission.COMPANY_WRITE,
            Permission.COMPANY_APPROVE,
        }
    ),
    Role.LICENSER: frozenset({Permission.COMPANY_READ, Permission.REGISTRATION_KEEP, Permission.COMPANY_WRITE}),
    Role.BODY_ADMIN: frozenset({Permission.COMPANY_GRANT}),
    Role.AUDITOR: frozenset({Permission.AUDIT_READ}),
}


class Scope(StrEnum):
    """What a machine client may ask for (OAuth 2.0 scope values)."""

    KIOSK = "kiosk"
    NOTICES = "notices"
    CASES = "cases"
    CARDS = "cards"
    COMPANIES = "companies"
    GRADES = "grades"


def permissions_of(roles: list[Role]) -> frozenset[Permission]:
    """The union of what the *roles* may do."""
    return frozenset().union(*(ROLES[role] for role in roles))
