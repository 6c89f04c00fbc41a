"""What a company decides about its branches; the refusals."""

from collections.abc import Mapping

from portal.companies.rules import Role
from portal.core.errors import Refusal
from portal.core.words import N_

MOST = 500
LONGEST_NAME = 60

ROLES: Mapping[Role, tuple[str, str]] = {
    Role.CLERK: (N_("Works at the branch"), N_("Reads and answers its mailbox, applies for it.")),
    Role.MANAGER: (N_("Manager of the branch"), N_("Also keeps its basics, and decides which agents act for it.")),
}


class BranchUnknown(Refusal):
    code = "branch-unknown"
    status = 404
    message = N_("Your company has no such branch.")
    next_step = N_("Go back to the page of your company and choose one of its branches.")


class BranchClosed(Refusal):
    code = "branch-closed"
    status = 409
    message = N_("This branch was closed.")
    next_step = N_("Open a new one if the office opens again. What was begun for it goes on with the head office.")


class BranchNameTaken(Refusal):
    code = "branch-name-taken"
    status = 422
    message = N_("Your company has an open branch of this name.")
    next_step = N_("Choose another name, as it stands on letters to that office.")


class BranchesFull(Refusal):
    code = "branches-full"
    status = 409
    message = N_("A company can have %(most)s open branches here.")
    next_step = N_("Close one that no longer exists.")


class NotOfCompany(Refusal):
    code = "branch-person-unknown"
    status = 422
    message = N_("This person does not belong to your company.")
    next_step = N_("Who is to work for a branch signs in once with the gBizID Member account of your company.")


class PrimeIsWhole(Refusal):
    code = "branch-prime-is-whole"
    status = 422
    message = N_("A representative acts for the whole company.")
    next_step = N_("Choose a member, or leave the box for “this branch alone” empty.")
