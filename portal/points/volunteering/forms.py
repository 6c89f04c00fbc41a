"""Forms of volunteering: an activity, an organisation, a keeper, an objection."""

from datetime import date, datetime, time
from typing import Any

from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice

from portal.core.addresses import WARDS
from portal.core.clock import JST
from portal.core.words import N_
from portal.points.programmes.forms import amount_field
from portal.points.volunteering.event_rules import MOST_SESSIONS, RHYTHM_WORDS, Rhythm, beginnings
from portal.points.volunteering.rules import LONGEST, MOST_SEATS
from portal.web.forms import CityForm, DayField, LongTextField, Needed, TextField
from portal.web.i18n import gettext as _

TIMES = [f"{hour:02}:{minute:02}" for hour in range(5, 24) for minute in (0, 15, 30, 45)]
MOST_MINUTES = int(LONGEST.total_seconds() // 60)


class SpokenForm(CityForm):
    """Labels and hints in the reader's language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.label.text, field.description = _(field.label.text), _(field.description) if field.description else ""


class ActivityForm(SpokenForm):
    """Everything an activity says."""

    title = TextField(N_("Title"), longest=100)
    about = LongTextField(N_("What there is to do, and what to bring"), longest=2000)
    ward = SelectField(N_("Ward"), [Needed()], choices=[SelectChoice(ward) for ward in WARDS])
    meeting = TextField(N_("Where to meet"), longest=200)
    day = DayField(N_("Day"))
    begins = SelectField(N_("Begins"), [Needed()], choices=[SelectChoice(at) for at in TIMES], default="10:00")
    ends = SelectField(N_("Ends"), [Needed()], choices=[SelectChoice(at) for at in TIMES], default="12:00")
    seats = amount_field(N_("For how many people"), most=MOST_SEATS)
    walk_in = BooleanField(
        N_("One can come without applying"),
        description=N_("Who scans the code or touches with the card gets a place while some are left."),
    )
    count = SelectField(
        N_("How many sessions"), choices=[SelectChoice(str(n)) for n in range(1, MOST_SESSIONS + 1)], default="1",
        description=N_("Each session has its own places, and points of its own."),
    )  # fmt: skip
    rhythm = SelectField(N_("How often"), default=Rhythm.WEEK)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rhythm.choices = [(value, _(words)) for value, words in RHYTHM_WORDS.items()]

    def sessions(self, now: datetime) -> list[dict[str, Any]]:
        """The columns of each session, the first one first; none with the faults at their fields."""
        first = self._facts(now)
        if first is None:
            return []
        long = first["ends_at"] - first["starts_at"]
        begins = beginnings(first["starts_at"], int(self.count.data), self.rhythm.data)
        return [first | {"starts_at": at, "ends_at": at + long} for at in begins]

    def _facts(self, now: datetime) -> dict[str, Any] | None:
        if not self.validate() or not self.day.data:
            return None
        starts_at, ends_at = _at(self.day.data, self.begins.data), _at(self.day.data, self.ends.data)
        if ends_at <= starts_at:
            self.ends.errors = [_("The end comes before the beginning.")]
        elif starts_at <= now:
            self.day.errors = [_("Please choose a day to come.")]
        if self.ends.errors or self.day.errors:
            return None
        return {
            "title": self.title.data, "about": self.about.data, "ward": self.ward.data, "meeting": self.meeting.data,
            "starts_at": starts_at, "ends_at": ends_at, "seats": int(self.seats.data or 0),
            "walk_in": bool(self.walk_in.data),
        }  # fmt: skip


def _at(day: date, typed: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(typed), JST)


class HostForm(SpokenForm):
    """An organisation and the programme its hours belong to."""

    name = TextField(N_("Name of the organisation"), longest=100)
    programme = SelectField(N_("Programme"), [Needed()])


class KeeperForm(SpokenForm):
    """Who acts for an organisation."""

    number = TextField(
        N_("Addressee number of the person"),
        longest=30,
        description=N_("The person publishes activities and approves hours, with their own account."),
        render_kw={"inputmode": "numeric", "width": "medium"},
    )


class ObjectionForm(SpokenForm):
    """For how long somebody really took part."""

    minutes = amount_field(N_("Minutes you took part"), most=MOST_MINUTES)
    words = LongTextField(N_("What is wrong"), longest=500)


class BackForm(SpokenForm):
    """What counts instead of hours that were paid, and why."""

    minutes = amount_field(N_("Minutes that count instead"), most=MOST_MINUTES, least=0, hint=N_("0 for none."))
    why = TextField(N_("Why"), longest=300, description=N_("The person reads this in the mailbox."))


class TerminalForm(SpokenForm):
    """A terminal on which people put their cards at activities."""

    client = TextField(
        N_("ID of the terminal"),
        longest=60,
        description=N_("A machine whose role is citizen points; it works without a network too, and tells later."),
    )
