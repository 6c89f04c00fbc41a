"""The forms of the page "How I am told"."""

from wtforms import BooleanField, SelectMultipleField

from portal.core import text
from portal.mailbox.channels.rules import CHOSEN, TOPIC_WORDS, Channel, Topic
from portal.web.forms import CityForm, TextField
from portal.web.i18n import gettext


def mobile(typed: str) -> str:
    """A mobile number of Japan as eleven digits (電気通信番号計画: 060, 070, 080, 090)."""
    number = text.phone(typed)
    if len(number) != 11 or not number.startswith(("060", "070", "080", "090")):
        raise text.TextRefused("text-not-a-phone-number")
    return number


class AddressForm(CityForm):
    """Where to send mail to."""

    address = TextField(reader=text.email, render_kw={"autocomplete": "email", "inputmode": "email"})

    def label(self) -> "AddressForm":
        self.address.label.text = gettext("Your mail address")
        self.address.description = gettext("We send a code there, so that nobody else gets your mail.")
        return self


class NumberForm(CityForm):
    """A telephone number that takes text messages."""

    number = TextField(reader=mobile, render_kw={"autocomplete": "tel", "inputmode": "tel", "width": "short"})

    def label(self) -> "NumberForm":
        self.number.label.text = gettext("Your mobile number")
        self.number.description = gettext("Beginning with 060, 070, 080 or 090. We send a code there.")
        return self


class NumberCodeForm(CityForm):
    """The code that came by text message."""

    text_code = TextField(
        reader=lambda typed: text.digits(typed, count=6),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "width": "short"},
    )

    def label(self) -> "NumberCodeForm":
        self.text_code.label.text = gettext("Code from the text message")
        self.text_code.description = gettext("6 digits, good for 30 minutes")
        return self


class CodeForm(CityForm):
    """The code that came by mail."""

    code = TextField(
        reader=lambda typed: text.digits(typed, count=6),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "width": "short"},
    )

    def label(self) -> "CodeForm":
        self.code.label.text = gettext("Code from the mail")
        self.code.description = gettext("6 digits, good for 30 minutes")
        return self


class TopicsForm(CityForm):
    """What to be told about, on each channel that is on."""

    mail = SelectMultipleField()
    push = SelectMultipleField()
    sms = SelectMultipleField()
    line = SelectMultipleField()
    hourly = BooleanField()

    def label(self) -> "TopicsForm":
        self.mail.label.text = gettext("By e-mail")
        self.push.label.text = gettext("On my devices")
        self.sms.label.text = gettext("By text message")
        self.line.label.text = gettext("In LINE")
        for field in (self.mail, self.push, self.sms, self.line):
            field.choices = [(str(topic), gettext(words)) for topic, words in TOPIC_WORDS.items()]
        self.hourly.label.text = gettext("At most once an hour")
        self.hourly.description = gettext(
            "What comes within an hour is told together. Not your number at the window and the security of your account."
        )
        return self

    def wanted(self) -> dict[Channel, set[Topic]]:
        return {channel: {Topic(topic) for topic in self[channel].data or ()} for channel in CHOSEN}
