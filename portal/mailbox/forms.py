"""The clerk's form for a notice."""

from typing import Any

from wtforms import Field, RadioField, SelectField
from wtforms.validators import ValidationError

from portal.core import clock
from portal.core.addresses import WARDS
from portal.mailbox.models import Notice
from portal.mailbox.rules import KIND_WORDS, LONGEST_BODY, LONGEST_TITLE, DueDatePassed, Kind, check_due
from portal.residents.service import Segment
from portal.web.forms import CityForm, DayField, LongTextField, Needed, TextField
from portal.web.i18n import LANGUAGES, gettext

CHILD_AGES = ("3", "6", "12", "15", "18")
AGES = ("18", "20", "40", "65", "75")


class NoticeForm(CityForm):
    """What to say and to whom. Japanese is needed; English may be added and is shown to who reads no Japanese."""

    kind = RadioField(validators=[Needed()], default=str(Kind.INFORMATION))
    title = TextField(longest=LONGEST_TITLE)
    body = LongTextField(longest=LONGEST_BODY, render_kw={"rows": 8})
    title_en = TextField(longest=LONGEST_TITLE, needed=False)
    body_en = LongTextField(longest=LONGEST_BODY, needed=False, render_kw={"rows": 6})
    due_on = DayField(needed=False)
    procedure = SelectField(default="")
    ward = SelectField(default="")
    child_under = SelectField(default="")
    age_from = SelectField(default="")
    language = SelectField(default="")

    def label(self, procedures: list[tuple[str, str]]) -> "NoticeForm":
        """Put words and choices in the reader's language onto the fields."""
        words: dict[str, Any] = {
            "kind": gettext("What kind of notice is it?"),
            "title": gettext("Title in Japanese"),
            "body": gettext("Text in Japanese"),
            "title_en": gettext("Title in English"),
            "body_en": gettext("Text in English"),
            "due_on": gettext("Due date"),
            "procedure": gettext("Procedure it leads to"),
            "ward": gettext("Ward"),
            "child_under": gettext("Guardians of a child"),
            "age_from": gettext("Age"),
            "language": gettext("Language"),
        }
        for name, label in words.items():
            self[name].label.text = label
        everybody = ("", gettext("Everybody"))
        self.kind.choices = [(str(kind), gettext(label)) for kind, label in KIND_WORDS.items()]
        self.procedure.choices = [("", gettext("None")), *procedures]
        self.ward.choices = [("", gettext("Whole city")), *((ward, ward) for ward in WARDS)]
        self.child_under.choices = [
            everybody,
            *((age, gettext("with a child under %(age)s", age=age)) for age in CHILD_AGES),
        ]
        self.age_from.choices = [everybody, *((age, gettext("%(age)s or older", age=age)) for age in AGES)]
        self.language.choices = [everybody, *LANGUAGES.items()]
        return self

    @classmethod
    def like(cls, notice: Notice) -> "NoticeForm":
        """A form that says already what *notice* says, to change it."""
        japanese, english = notice.texts.get("ja", {}), notice.texts.get("en", {})
        chosen = {name: str(notice.segment.get(name) or "") for name in ("ward", "child_under", "age_from", "language")}
        return cls.read(
            kind=notice.kind,
            title=japanese.get("title"),
            body=japanese.get("body"),
            title_en=english.get("title"),
            body_en=english.get("body"),
            due_on=notice.due_on,
            procedure=notice.procedure,
            **chosen,
        )

    def validate_due_on(self, field: Field) -> None:
        """Said at the field; the service says it again to whoever has no form."""
        kind = Kind(self.kind.data) if self.kind.data in set(Kind) else Kind.INFORMATION  # a made-up one fails there
        try:
            check_due(kind, field.data, clock.today())
        except DueDatePassed as passed:
            raise ValidationError(gettext(passed.message) + " " + gettext(passed.next_step)) from None

    def validate_title_en(self, field: Field) -> None:
        """Half an English notice would be left out without a word."""
        self._both(field, self.body_en)

    def validate_body_en(self, field: Field) -> None:
        """As for the title."""
        self._both(field, self.title_en)

    @staticmethod
    def _both(field: Field, other: Field) -> None:
        if not field.data and (other.data or "").strip():
            raise ValidationError(gettext("Fill in both the title and the text in English, or neither."))

    def segment(self) -> Segment:
        """The people the clerk chose."""
        return Segment(
            ward=self.ward.data,
            child_under=int(self.child_under.data) if self.child_under.data else None,
            age_from=int(self.age_from.data) if self.age_from.data else None,
            language=self.language.data,
        )

    def texts(self) -> dict[str, dict[str, str]]:
        """What to say, by language; a language counts only with title and text."""
        found = {"ja": {"title": self.title.data, "body": self.body.data}}
        if self.title_en.data and self.body_en.data:
            found["en"] = {"title": self.title_en.data, "body": self.body_en.data}
        return found
