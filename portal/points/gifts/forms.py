"""The form for a gift to many."""

from wtforms import SelectField

from portal.core.addresses import WARDS
from portal.core.words import N_
from portal.points.gifts.rules import MOST_POINTS
from portal.points.programmes.forms import amount_field
from portal.segments import service as segments
from portal.segments.service import Condition
from portal.web.forms import CityForm, Needed, TextField
from portal.web.i18n import gettext as _

OLDEST = 130


class GiftForm(CityForm):
    """How many points, from which programme, for whom."""

    programme = SelectField(N_("Programme"), [Needed()])
    points = amount_field(N_("Points for each person"), most=MOST_POINTS)
    ward = SelectField(N_("Ward"), description=N_("Leave the ward and the ages empty to give to everybody."))
    age_from = amount_field(N_("From this age"), least=0, most=OLDEST, needed=False)
    age_to = amount_field(N_("Up to this age"), least=0, most=OLDEST, needed=False)
    why = TextField(N_("Why"), longest=300, description=N_("The second person reads this before deciding."))

    @classmethod
    def of(cls, programmes: list[tuple[str, str]]) -> "GiftForm":
        """As it was sent, or empty; *programmes* are (code, title) of those in force today."""
        form = cls.read()
        for field in form:
            field.label.text, field.description = _(field.label.text), _(field.description) if field.description else ""
        form.programme.choices = programmes
        form.ward.choices = [("", _("All wards")), *((ward, ward) for ward in WARDS)]
        return form

    def condition(self) -> Condition | None:
        """Whom it is for, or None with the faults at their fields."""
        if not self.validate():
            return None
        ages = [int(field.data) if field.data else None for field in (self.age_from, self.age_to)]
        if None not in ages and ages[0] > ages[1]:  # type: ignore[operator]
            self.age_to.errors = [_("The second age is lower than the first one.")]
            return None
        return segments.simple(ward=self.ward.data or "", age_from=ages[0], age_to=ages[1])
