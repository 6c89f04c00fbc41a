"""Who may open a page. There is no default: a page that does not say cannot be declared."""

from dataclasses import dataclass
from typing import ClassVar

from portal.core.actor import Actor, Kind
from portal.core.errors import Refusal
from portal.core.permissions import Permission, Scope
from portal.core.words import N_


class SignInNeeded(Refusal):
    code = "sign-in-needed"
    status = 401
    message = N_("Please sign in to see this page.")
    next_step = N_("Sign in, and you will come back to this page.")


class StrongerSignInNeeded(Refusal):
    code = "stronger-sign-in-needed"
    status = 403
    message = N_("This page needs a stronger sign-in.")
    next_step = N_("Confirm that it is you with your passkey or card.")
    door: ClassVar[str] = "/sign-in/stronger"


class CardSignInNeeded(StrongerSignInNeeded):
    code = "card-sign-in-needed"
    next_step = N_("Confirm that it is you with your My Number Card.")
    door = "/sign-in/card"


def stronger_for(assurance: int) -> StrongerSignInNeeded:
    """The refusal whose door leads to so strong a sign-in: a passkey, however often it is used, is no card."""
    return CardSignInNeeded() if assurance > 2 else StrongerSignInNeeded()


class NotFound(Refusal):
    code = "not-found"
    status = 404
    message = N_("There is no such page.")
    next_step = N_("Check the address, or start from the top page.")


class ScopeMissing(Refusal):
    code = "scope-missing"
    status = 403
    message = N_("This client may not do that.")
    next_step = N_("Ask the operator of the portal to grant the scope.")


@dataclass(frozen=True, slots=True)
class Access:
    """One rule of entry. Whoever is of the wrong kind or lacks the permission gets 404, not 403:
    a closed door tells nobody what is behind it."""

    kind: Kind | None
    assurance: int = 0
    permission: Permission | None = None
    scope: Scope | None = None

    PUBLIC: ClassVar["Access"]
    RESIDENT: ClassVar["Access"]
    BUSINESS: ClassVar["Access"]
    STAFF: ClassVar["Access"]

    @staticmethod
    def staff(permission: Permission) -> "Access":
        return Access(Kind.STAFF, permission=permission)

    @staticmethod
    def client(scope: Scope) -> "Access":
        return Access(Kind.CLIENT, scope=scope)

    def check(self, actor: Actor) -> None:
        """Raise the refusal that fits, or return."""
        if self.kind is None:
            return
        if actor.kind is Kind.STRANGER:
            raise SignInNeeded
        if actor.kind is not self.kind or (self.permission and not actor.may(self.permission)):
            raise NotFound
        if self.scope and self.scope not in actor.scopes:
            raise ScopeMissing
        if actor.assurance < self.assurance:
            raise stronger_for(self.assurance)

    def __str__(self) -> str:
        if self.kind is None:
            return "public"
        detail = self.permission or self.scope or (self.assurance > 1 and f"assurance {self.assurance}")
        return f"{self.kind}: {detail}" if detail else str(self.kind)


Access.PUBLIC = Access(None)
Access.RESIDENT = Access(Kind.RESIDENT, assurance=1)
Access.BUSINESS = Access(Kind.BUSINESS, assurance=1)
Access.STAFF = Access(Kind.STAFF)
