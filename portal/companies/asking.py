"""Before another company may act: who it is by its number, for what, and until when, once more."""

from collections.abc import Iterable
from typing import Any

from flask import render_template, request

from portal.web.i18n import gettext as _


def before_delegating(form: Any, agent: Any, number: str, powers: Iterable[str]) -> str:
    """The page that asks; it sends the form once more as it was typed, with "sure"."""
    typed = [(name, value) for name, value in request.form.items(multi=True) if name.partition("-")[0] in form]
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Let this company act for yours?"),
        words=_("Let them act for us"),
        consequence=_("They can act for your company at once. You can take it back at any time."),
        facts=[
            {"label": _("Agent"), "value": agent.name},
            {"label": _("Number"), "value": number},
            {"label": _("Address"), "value": agent.address or _("Not told")},
            {"label": _("What they may do"), "value": " / ".join(powers)},
            {"label": _("Last day"), "value": _("until %(day)s", day=form.ends_on.data)},
        ],
        fields=[*typed, ("sure", "yes")],
        action="/business/delegations/new",
        back="/business/company",
    )
