"""Forms of the sign-in by letter."""

from flask import request
from wtforms import PasswordField

from portal.companies import rules as company_rules
from portal.core import passwords, text
from portal.core.words import N_
from portal.web.forms import CityForm, Needed, TextField
from portal.web.i18n import gettext as _
from portal.web.new_password import NOT_THE_SAME

_ACCOUNT = {"autocapitalize": "characters", "spellcheck": "false", "width": "medium"}
CODE_HINT = N_("Twelve signs, for example K7QM-3XPR-T2WH. Small letters and missing hyphens do no harm.")


class _Spoken(CityForm):
    """Labels in the reader's language."""

    def speak(self):  # type: ignore[no-untyped-def]
        for field in self:
            field.label.text = _(field.label.text)
            field.description = _(field.description, least=passwords.LEAST) if field.description else ""
        return self


def number_field() -> TextField:
    return TextField(
        N_("Corporate number"), reader=company_rules.read_number, description=N_("13 digits."),
        render_kw={"inputmode": "numeric", "width": "medium"},
    )  # fmt: skip


def code_field() -> TextField:
    kw = {**_ACCOUNT, "autocomplete": "one-time-code"}
    return TextField(N_("Code in the letter"), longest=60, description=CODE_HINT, render_kw=kw)


def reference_field() -> TextField:
    kw = {**_ACCOUNT, "autocomplete": "username"}
    return TextField(
        N_("Sign-in number"), longest=60, description=N_("You got it when you asked for the letter."), render_kw=kw
    )


class AskForm(_Spoken):
    """For which company, who, and the password they will sign in with."""

    number = number_field()
    name = TextField(
        N_("Your name"),
        reader=text.kanji_name,
        description=N_("Who will sign in for the company."),
        render_kw={"autocomplete": "name"},
    )
    password = PasswordField(
        N_("New password"), [Needed()],
        description=N_("%(least)s characters or more. Four or five words in a row are easy to remember and hard to guess."),
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip
    again = PasswordField(N_("New password once more"), [Needed()], render_kw={"autocomplete": "new-password"})

    def is_sound(self) -> bool:
        """All of it, with a password that is hard to guess and typed alike twice."""
        sound = self.validate()
        typed = request.form.get("password", "")
        if typed and (weak := passwords.weakness(typed, self.number.data or "")):
            self.password.errors = [_(weak, least=passwords.LEAST, most=passwords.LONGEST)]
        elif typed != request.form.get("again", ""):
            self.again.errors = [_(NOT_THE_SAME)]
        return bool(sound and not self.password.errors and not self.again.errors)


class CodeForm(_Spoken):
    """What was told at the request, and what the letter says."""

    reference = reference_field()
    password = PasswordField(N_("Password"), [Needed()], render_kw={"autocomplete": "current-password"})
    code = code_field()


class SignInForm(_Spoken):
    """The sign-in number with its password."""

    reference = reference_field()
    password = PasswordField(N_("Password"), [Needed()], render_kw={"autocomplete": "current-password"})


class StopForm(_Spoken):
    """The company, and the code of the letter it got."""

    number = number_field()
    code = code_field()
