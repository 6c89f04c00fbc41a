"""Pages of sole proprietors: end the business, begin it again."""

from flask import redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import sole
from portal.core.actor import Actor
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("sole_business", __name__, "/business/company")


@room.page("/close", access=Access.BUSINESS)
def ask_close(session: Session, actor: Actor) -> str:
    """Asks once."""
    company = sole.own_business(session, actor)
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Close your business here?"),
        words=_("Close the business"),
        consequence=_(
            "Public bodies send nothing new to it, nothing can be begun for it, and no agent acts for it. You can still "
            "read what came. This is no notification of closure (廃業届) to the tax office."
        ),
        facts=[
            {"label": _("Name of the business"), "value": company.name},
            {"label": _("Number here"), "value": company.key},
        ],
        action="/business/company/close",
        back="/business/company",
    )


@room.page("/close", access=Access.BUSINESS, methods=("POST",))
def close(session: Session, actor: Actor) -> Redirect:
    """It is closed from today on."""
    sole.close(session, actor)
    return redirect("/business/company", 303)


@room.page("/open-again", access=Access.BUSINESS, methods=("POST",))
def open_again(session: Session, actor: Actor) -> Redirect:
    """The same person runs it again."""
    sole.open_again(session, actor)
    return redirect("/business/company", 303)
