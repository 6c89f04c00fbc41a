"""The form an alarm begins with."""

from typing import Any

from wtforms import BooleanField, SelectField, SelectMultipleField

from portal.core.addresses import WARDS
from portal.mailbox.alarms.rules import EASY, HOURS, LANGUAGES, LONGEST_BODY, LONGEST_TITLE
from portal.web.forms import CityForm, LongTextField, TextField
from portal.web.i18n import LANGUAGES as NAMES
from portal.web.i18n import gettext


class AlarmForm(CityForm):
    """What is said, where, for how long. Japanese is needed; whoever has no text reads English, or Japanese."""

    wards = SelectMultipleField(render_kw={"component": "checkboxes"})
    hours = SelectField(default=str(HOURS[2]))
    link = TextField(longest=300, needed=False, render_kw={"inputmode": "url", "autocomplete": "off"})
    notice = BooleanField(default=True)

    def label(self) -> "AlarmForm":
        self.wards.label.text = gettext("Area")
        self.wards.description = gettext("Choose none for the whole city.")
        self.wards.choices = [(ward, ward) for ward in WARDS]
        self.hours.label.text = gettext("It ends by itself after")
        self.hours.choices = [(str(hours), gettext("%(hours)s hours", hours=hours)) for hours in HOURS]
        self.link.label.text = gettext("Address of a page that says more")
        self.notice.label.text = gettext("Send an urgent notice to everybody in the area too")
        self.notice.description = gettext("It overtakes all other notices and is told at night too.")
        for code in LANGUAGES:
            name = gettext("Easy Japanese") if code == EASY else NAMES[code]
            self[f"title_{code}"].label.text = gettext("Title (%(language)s)", language=name)
            self[f"body_{code}"].label.text = gettext("Text (%(language)s)", language=name)
        return self

    def texts(self) -> dict[str, dict[str, str]]:
        """The languages that have a title; a text may be missing in all but Japanese."""
        return {
            code: {"title": self[f"title_{code}"].data, "body": self[f"body_{code}"].data}
            for code in LANGUAGES
            if self[f"title_{code}"].data or (code == EASY and self[f"body_{code}"].data)
        }

    def validate_link(self, field: Any) -> None:
        if field.data and not field.data.startswith(("https://", "/")):
            from wtforms.validators import ValidationError

            raise ValidationError(gettext("An address begins with https://."))


for _code in LANGUAGES:
    _needed = _code == "ja"
    setattr(AlarmForm, f"title_{_code}", TextField(longest=LONGEST_TITLE, needed=_needed))
    setattr(AlarmForm, f"body_{_code}", LongTextField(longest=LONGEST_BODY, needed=_needed, render_kw={"rows": 3}))
