"""What owners and staff say about a mandate."""

from flask import request

from portal.core.text import digits
from portal.mailbox.mandates import rules
from portal.mailbox.mandates.service import Wish
from portal.mailbox.rules import Strength
from portal.web.forms import CityForm, DayField, TextField
from portal.web.i18n import gettext


class UntilForm(CityForm):
    """Until when."""

    ends = DayField()

    def label(self) -> "UntilForm":
        self.ends.label.text = gettext("Last day")
        self.ends.description = gettext("At most a year from today. You can end it sooner at any time.")
        return self

    def wish(self, *, may_hide: int) -> Wish:
        """What was asked for. Raises mandate-sections-missing, mandate-day-wrong."""
        some = request.form.get("scope") == "some"
        sections = request.form.getlist("section")[: rules.MOST_SECTIONS] if some else []
        if some and not sections:
            raise rules.SectionsMissing
        if self.ends.data is None:
            raise rules.MandateDayWrong
        strength = may_hide if request.form.get("hidden") == "yes" else int(Strength.PASSWORD)
        return Wish([one[:120] for one in sections], strength, self.ends.data)


class PaperForm(UntilForm):
    """What a paper says of who may read, and where the paper lies."""

    reader = TextField(reader=lambda typed: digits(typed, longest=15))
    reference = TextField(longest=80)

    def label(self) -> "PaperForm":
        super().label()
        self.ends.description = gettext("At most a year from today, and no longer than the paper says.")
        self.reader.label.text = gettext("Addressee number of who may read")
        self.reference.label.text = gettext("Number of the paper or of the register entry")
        return self


class CodeForm(CityForm):
    """The code the owner was given."""

    code = TextField(longest=60)

    def label(self) -> "CodeForm":
        self.code.label.text = gettext("Code")
        self.code.description = gettext("12 signs. The person whose notices you read has it.")
        return self
