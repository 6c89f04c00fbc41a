"""What a staff account must be, and the words for roles and permissions."""

import re

from portal.core.errors import Refusal
from portal.core.permissions import Permission, Role
from portal.core.words import N_

LOGIN_ID = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")

ROLE_WORDS: dict[Role, str] = {
    Role.SENDER: N_("Writes notices"),
    Role.APPROVER: N_("Writes notices and approves those of colleagues"),
    Role.PROCESSOR: N_("Checks pre-applications"),
    Role.SUPERVISOR: N_("Leads the checking of pre-applications"),
    Role.EXPERT: N_("Gives expert opinions"),
    Role.WINDOW: N_("Serves the window"),
    Role.WINDOW_SUPERVISOR: N_("Supervises the window"),
    Role.REGISTRAR: N_("Keeps the resident register"),
    Role.OPERATOR: N_("Runs the portal"),
    Role.SECURITY_MANAGER: N_("Watches over the use of data"),
    Role.POINTS_KEEPER: N_("Runs programmes of citizen points"),
    Role.POINTS_CHIEF: N_("Runs programmes of citizen points and approves them"),
    Role.BUYER: N_("Writes tenders"),
    Role.BUYING_CHIEF: N_("Writes tenders and decides suspensions"),
    Role.LICENSER: N_("Registers licences of companies and reads their basics"),
    Role.BODY_ADMIN: N_("Decides what sections may read of companies, with a second administrator"),
    Role.AUDITOR: N_("Audits records"),
}
PERMISSION_WORDS: dict[Permission, str] = {
    Permission.NOTICE_WRITE: N_("Write and send notices"),
    Permission.NOTICE_APPROVE: N_("Approve notices of colleagues"),
    Permission.GUIDANCE_KEEP: N_("Keep the rules of guidance"),
    Permission.FACTS_TELL: N_("Bring in what the section knows"),
    Permission.EMERGENCY_DECLARE: N_("Tell everybody of an emergency"),
    Permission.APPLICATION_REVIEW: N_("Check pre-applications"),
    Permission.APPLICATION_SUPERVISE: N_("Take over pre-applications from colleagues"),
    Permission.APPLICATION_ASSIST: N_("Fill in and send applications with people"),
    Permission.CARD_ISSUE: N_("Issue and stop city cards"),
    Permission.OPINION_GIVE: N_("Answer questions of other sections"),
    Permission.WINDOW_SERVE: N_("Call and serve people at the window"),
    Permission.WINDOW_WATCH: N_("See the figures of the window"),
    Permission.VISIT_BOOK: N_("Reserve visits for callers"),
    Permission.OFFICE_DAYS: N_("Decide on which days offices open"),
    Permission.ACCOUNT_HELP: N_("Help residents with account and card"),
    Permission.COMPANY_LETTERS: N_("Print and post companies' sign-in letters"),
    Permission.REFUND_SETTLE: N_("Pay back what machines owe"),
    Permission.RESIDENT_IMPORT: N_("Import the resident register"),
    Permission.CLIENT_ENROL: N_("Register machines"),
    Permission.KIOSK_WATCH: N_("See how kiosks are"),
    Permission.KIOSK_STEER: N_("Take kiosks out of service, close their day"),
    Permission.CLIENT_WATCH: N_("Watch the state of machines"),
    Permission.STAFF_MANAGE: N_("Manage staff accounts"),
    Permission.CERTIFICATE_ISSUE: N_("Issue certificates at the window and by post"),
    Permission.POINTS_KEEP: N_("Run programmes of citizen points and volunteering"),
    Permission.POINTS_APPROVE: N_("Approve programmes of citizen points"),
    Permission.TENDER_WRITE: N_("Write and publish tenders, keep grades"),
    Permission.SUSPENSION_DECIDE: N_("Put suspensions of companies in force"),
    Permission.COMPANY_READ: N_("Read basics of companies for the section's tasks"),
    Permission.COMPANY_GRANT: N_("Propose and decide what sections may read of companies"),
    Permission.REGISTRATION_KEEP: N_("Register licences and certificates of companies"),
    Permission.COMPANY_WRITE: N_("Write notices to companies and answer them"),
    Permission.COMPANY_APPROVE: N_("Approve notices to many companies"),
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
