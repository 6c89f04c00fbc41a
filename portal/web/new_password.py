"""The page on which somebody sets a new password, proved by a code, by the old password or by a passkey before."""

from dataclasses import dataclass, field
from uuid import UUID

from flask import render_template, request

from portal.core import passwords
from portal.core.words import N_
from portal.web import one_time_code, password_try
from portal.web.i18n import gettext
from portal.web.password_try import Find

WRONG_CODE = N_("The login ID or the code is not right, or the code is over.")
WRONG_PASSWORD = N_("The password so far is not right.")
NOT_THE_SAME = N_("The two new passwords are not the same.")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try: who proved to be themselves (None: nobody), the hash of the code they used, the hash
    of the new password, and what is wrong by field."""

    owner: UUID | None = None
    code_hash: str = ""
    password_hash: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def try_code(what: str, *, find: Find) -> Tried:
    """Login ID, code and new password of this request. A password that will not do costs no try.

    Unknown names, wrong codes and codes that are over take as long as right ones and get the same words.
    """
    login_id = request.form.get("login_id", "")
    errors = _faults(login_id)
    if errors:
        return Tried(errors=errors)
    code = one_time_code.as_kept(request.form.get("code", ""))
    found = password_try.check_kept(what, login_id, code, find=find, guessable=False)
    if found is None:
        return Tried(errors={"login_id": wrong_code()})
    return Tried(*found, passwords.hash_password(request.form.get("password", "")))


def try_old(what: str, login_id: str, *, find: Find, proved: bool) -> Tried:
    """The same for who is signed in; with *proved* (a passkey a moment ago) the old password is not asked."""
    errors = _faults(login_id)
    if errors:
        return Tried(errors=errors)
    if not proved and password_try.check(what, login_id, request.form.get("old", ""), find=find) is None:
        return Tried(errors={"old": gettext(WRONG_PASSWORD)})
    return Tried(password_hash=passwords.hash_password(request.form.get("password", "")))


def wrong_code() -> str:
    """The one answer for a name nobody has, a wrong code, and one that is used or over."""
    return gettext(WRONG_CODE)


def _faults(login_id: str) -> dict[str, str]:
    password, again = request.form.get("password", ""), request.form.get("again", "")
    if weakness := passwords.weakness(password, login_id):
        return {"password": gettext(weakness, least=passwords.LEAST, most=passwords.LONGEST)}
    return {} if password == again else {"again": gettext(NOT_THE_SAME)}


def page(base: str, *, asks: str, back: str, errors: dict[str, str], login_id: str = "") -> str:
    """The page. *asks* is what proves the person: "code", "old" (password) or "" (a passkey did already)."""
    return render_template(
        "new_password.html",
        base=base,
        asks=asks,
        back=back,
        fields=errors,
        errors=list(errors.items()),
        login_id=password_try.as_typed(request.form.get("login_id", "") or login_id),
        code=password_try.as_typed(request.form.get("code", "")) if "login_id" not in errors else "",
        least=passwords.LEAST,
    )
