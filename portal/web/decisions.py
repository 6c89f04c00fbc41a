"""Which button of a form was pressed: a decision that no button of its page makes is none."""

from flask import request

from portal.core.errors import Refusal
from portal.core.words import N_


class DecisionUnknown(Refusal):
    code = "decision-unknown"
    status = 422
    message = N_("This page has no such button.")
    next_step = N_("Open the page again and press one of its buttons.")


def pressed(*known: str) -> str:
    """The button, one of these. Raises DecisionUnknown."""
    button = request.form.get("decision", "")
    if button not in known:
        raise DecisionUnknown
    return button
