"""The forms of operators for sections' programs."""

import re
from uuid import UUID

from wtforms import Field, RadioField, SelectField
from wtforms.validators import ValidationError

from portal.core import text
from portal.core.text import TextRefused
from portal.mailbox.notify.callbacks import TOLD_WORDS, Told
from portal.mailbox.notify.keys import KEY_KIND_WORDS
from portal.mailbox.notify.protocol import KeyKind, Kind
from portal.web.forms import CityForm, LongTextField, Needed, TextField
from portal.web.i18n import gettext

MOST_GUESTS = 50
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_ -]{0,39}")


class KeyForm(CityForm):
    """A new key."""

    section = SelectField(validators=[Needed()], coerce=str)
    name = TextField(longest=40, render_kw={"autocomplete": "off", "width": "medium"})
    kind = RadioField(validators=[Needed()], default=str(KeyKind.NORMAL))
    guests = LongTextField(longest=4_000, needed=False, render_kw={"rows": 3})

    def label(self, sections: list[tuple[str, str]]) -> "KeyForm":
        self.section.label.text = gettext("Section it sends for")
        self.section.choices = [("", gettext("Please choose")), *sections]
        self.name.label.text = gettext("Name of the key")
        self.name.description = gettext("Which program uses it: Latin letters, digits, hyphens")
        self.kind.label.text = gettext("What it is for")
        self.kind.choices = [(str(kind), gettext(words)) for kind, words in KEY_KIND_WORDS.items()]
        self.guests.label.text = gettext("Addresses for trying")
        self.guests.description = gettext("Mail addresses or telephone numbers, one a line; only for a key for trying")
        return self

    def validate_name(self, field: Field) -> None:
        if not NAME.fullmatch(field.data):
            raise ValidationError(gettext("Please use Latin letters, digits and hyphens, at most 40."))

    def validate_guests(self, field: Field) -> None:
        """A key for trying needs somebody it may write to."""
        if self.kind.data != KeyKind.TEAM:
            field.data = ""
            return
        lines = [line.strip() for line in (field.data or "").splitlines() if line.strip()]
        try:
            read = [text.email(line) if "@" in line else text.phone(line) for line in lines]
        except TextRefused:
            raise ValidationError(
                gettext("One of the lines is neither a mail address nor a telephone number.")
            ) from None
        if not 1 <= len(read) <= MOST_GUESTS:
            raise ValidationError(gettext("Please write one to %(most)s addresses.", most=MOST_GUESTS))
        field.data = "\n".join(read)

    @property
    def section_id(self) -> UUID:
        return UUID(self.section.data)


class CallbackForm(CityForm):
    """Where a section's program is told of what became of its messages."""

    what = RadioField(validators=[Needed()], default=str(Told.DELIVERY))
    url = TextField(longest=500, render_kw={"autocomplete": "off", "inputmode": "url"})

    def label(self) -> "CallbackForm":
        self.what.label.text = gettext("Told of what")
        self.what.choices = [(str(kind), gettext(words)) for kind, words in TOLD_WORDS.items()]
        self.url.label.text = gettext("Address of the program")
        self.url.description = gettext("It begins with https:// and is on a host the operators allow.")
        return self


class ReplyForm(CityForm):
    """Where answers to a section's messages go."""

    kind = RadioField(validators=[Needed()], default=str(Kind.EMAIL))
    value = TextField(longest=254, render_kw={"autocomplete": "off", "width": "medium"})

    def label(self) -> "ReplyForm":
        self.kind.label.text = gettext("For what")
        self.kind.choices = [
            (str(Kind.EMAIL), gettext("Answers to e-mails")),
            (str(Kind.SMS), gettext("Sender of text messages")),
        ]
        self.value.label.text = gettext("Mail address, or name of the sender")
        self.value.description = gettext("A sender has at most 11 Latin letters or digits.")
        return self

    def validate_value(self, field: Field) -> None:
        if self.kind.data == Kind.SMS:
            if not re.fullmatch(r"[A-Za-z0-9]{1,11}|0[0-9]{9,10}", field.data):
                raise ValidationError(gettext("Please use at most 11 Latin letters or digits."))
            return
        try:
            field.data = text.email(field.data)
        except TextRefused:
            raise ValidationError(gettext("This is not a mail address.")) from None
