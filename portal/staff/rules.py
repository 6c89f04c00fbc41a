"""What a staff account must be, and the words for roles and permissions."""

import re

from portal.core.errors import Refusal
from portal.core.permissions import Permission, Role
from portal.core.words import N_

LOGIN_ID = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")

ROLE_WORDS: dict[Role, str] = {
    Role.SENDER: N_("Writes notices"),
    Role.PROCESSOR: N_("Checks pre-applications"),
    Role.WINDOW: N_("Serves the window"),
    Role.REGISTRAR: N_("Keeps the resident register"),
    Role.OPERATOR: N_("Runs the portal"),
    Role.SECURITY_MANAGER: N_("Watches over the use of data"),
    Role.AUDITOR: N_("Audits records"),
}
PERMISSION_WORDS: dict[Permission, str] = {
    Permission.NOTICE_WRITE: N_("Write and send notices"),
    Permission.APPLICATION_REVIEW: N_("Check pre-applications"),
    Permission.WINDOW_SERVE: N_("Call and serve people at the window"),
    Permission.ACCOUNT_HELP: N_("Help residents with account and card"),
    Permission.REFUND_SETTLE: N_("Pay back what machines owe"),
    Permission.RESIDENT_IMPORT: N_("Import the resident register"),
    Permission.CLIENT_ENROL: N_("Register machines"),
    Permission.CLIENT_WATCH: N_("Watch the state of machines"),
    Permission.STAFF_MANAGE: N_("Manage staff accounts"),
    Permission.AUDIT_READ: N_("Read the audit record"),
}


class LoginIdTaken(Refusal):
    code = "staff-login-id-taken"
    status = 409
    message = N_("This login ID is in use already.")
    next_step = N_("Choose another one.")


class MemberUnknown(Refusal):
    code = "staff-unknown"
    status = 404
    message = N_("There is no such staff account.")
    next_step = N_("Choose one in the list of accounts.")


class NotYourself(Refusal):
    code = "staff-not-yourself"
    status = 409
    message = N_("You cannot close your own account.")
    next_step = N_("Ask another operator to do it.")


class NotForYourself(Refusal):
    code = "staff-code-not-for-yourself"
    status = 409
    message = N_("You cannot make a code for your own account.")
    next_step = N_("Change your password on your own page, or ask another operator.")


def is_login_id(text: str) -> bool:
    """Lower-case ASCII letters, digits, dots, hyphens and underscores, 3 to 40 signs."""
    return LOGIN_ID.fullmatch(text) is not None
