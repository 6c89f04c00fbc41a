"""One cookie of a request, found in the header: taking all of them apart for every question costs more than the answer.

Our cookies hold tokens and codes that need no quoting, so the value is the text itself.
"""

from flask import request


def value_of(header: str, name: str) -> str:
    """The value of the first cookie called *name* in a Cookie header; "" without it."""
    if name not in header:
        return ""
    for pair in header.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            return value
    return ""


def cookie(name: str) -> str:
    """The value of this request's cookie called *name*; "" without it."""
    return value_of(request.environ.get("HTTP_COOKIE", ""), name)
