"""The wish of somebody who waits for a free place."""

from collections.abc import Sequence
from datetime import date, timedelta

from wtforms import Field, SelectField, SelectMultipleField
from wtforms.validators import ValidationError

from portal.core import clock
from portal.reservations import rules
from portal.reservations.hours import opening
from portal.reservations.service import OfficeView
from portal.reservations.waiting_rules import PART_WORDS, PartOfDay, Wish
from portal.web.forms import CityForm, Needed
from portal.web.i18n import gettext, ngettext, office_words, show_day

NOTICE_DAYS = (0, 1, 2, 3)


class WishForm(CityForm):
    """Where, from when until when, at which times of day, and how many days before at the latest."""

    offices = SelectMultipleField(validators=[Needed()])
    first_day = SelectField()
    last_day = SelectField()
    parts = SelectMultipleField(validators=[Needed()])
    notice_days = SelectField(default="0")

    def label(self, offices: Sequence[OfficeView]) -> "WishForm":
        """Put words and choices in the reader's language onto the fields."""
        for name, label in {
            "offices": gettext("Offices you can come to"),
            "first_day": gettext("First day"),
            "last_day": gettext("Last day"),
            "parts": gettext("Times of day"),
            "notice_days": gettext("How long before the visit must you know?"),
        }.items():
            self[name].label.text = label
        for name in ("first_day", "last_day", "notice_days"):
            self[name].flags.required = True
        self.offices.choices = [(one.code, office_words(one.name)) for one in offices]
        days = [(day.isoformat(), show_day(day)) for day in open_days([one.code for one in offices])]
        self.first_day.choices = self.last_day.choices = days
        self.parts.choices = [(str(int(part)), gettext(words)) for part, words in PART_WORDS.items()]
        self.notice_days.choices = [(str(days), notice_words(days)) for days in NOTICE_DAYS]
        return self

    def validate_last_day(self, field: Field) -> None:
        """Said at the field; the service says it again to whoever has no form."""
        if self.first_day.data and field.data and field.data < self.first_day.data:
            raise ValidationError(gettext("The last day must not be before the first day."))

    def wish(self) -> Wish:
        """What was chosen."""
        parts = PartOfDay(sum({int(part) for part in self.parts.data}))
        first, last = (date.fromisoformat(self[name].data) for name in ("first_day", "last_day"))
        return Wish(tuple(dict.fromkeys(self.offices.data)), first, last, parts, int(self.notice_days.data))


def notice_words(days: int) -> str:
    """How long before a visit somebody must know of it."""
    if days == 0:
        return gettext("The same day is fine")
    return ngettext("%(num)s day before", "%(num)s days before", days)


def open_days(offices: Sequence[str]) -> list[date]:
    """The days that can be reserved now on which one of *offices* opens."""
    today = clock.today()
    last = (clock.now() + rules.HORIZON).astimezone(clock.JST).date()
    days = (today + timedelta(days=number) for number in range((last - today).days + 1))
    return [day for day in days if any(opening().is_open(office, day) for office in offices)]
