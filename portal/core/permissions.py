"""Who may do what, as one table a city's auditor can read aloud."""

from enum import StrEnum


class Permission(StrEnum):
    """One thing a member of staff may do; a page names exactly one."""

    NOTICE_WRITE = "notice.write"
    APPLICATION_REVIEW = "application.review"
    WINDOW_SERVE = "window.serve"
    ACCOUNT_HELP = "account.help"
    REFUND_SETTLE = "refund.settle"
    RESIDENT_IMPORT = "resident.import"
    CLIENT_ENROL = "client.enrol"
    CLIENT_WATCH = "client.watch"
    STAFF_MANAGE = "staff.manage"
    AUDIT_READ = "audit.read"


class Role(StrEnum):
    """A job a member of staff holds in a section."""

    SENDER = "sender"
    PROCESSOR = "processor"
    WINDOW = "window"
    REGISTRAR = "registrar"
    OPERATOR = "operator"
    SECURITY_MANAGER = "security-manager"
    AUDITOR = "auditor"


ROLES: dict[Role, frozenset[Permission]] = {
    Role.SENDER: frozenset({Permission.NOTICE_WRITE}),
    Role.PROCESSOR: frozenset({Permission.APPLICATION_REVIEW}),
    Role.WINDOW: frozenset({Permission.WINDOW_SERVE, Permission.ACCOUNT_HELP, Permission.REFUND_SETTLE}),
    Role.REGISTRAR: frozenset({Permission.RESIDENT_IMPORT}),
    Role.OPERATOR: frozenset({Permission.CLIENT_ENROL, Permission.CLIENT_WATCH, Permission.STAFF_MANAGE}),
    Role.SECURITY_MANAGER: frozenset({Permission.AUDIT_READ, Permission.CLIENT_WATCH}),
    Role.AUDITOR: frozenset({Permission.AUDIT_READ}),
}


class Scope(StrEnum):
    """What a machine client may ask for (OAuth 2.0 scope values)."""

    KIOSK = "kiosk"
    NOTICES = "notices"


def permissions_of(roles: list[Role]) -> frozenset[Permission]:
    """The union of what the *roles* may do."""
    return frozenset().union(*(ROLES[role] for role in roles))
