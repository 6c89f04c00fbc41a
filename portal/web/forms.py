"""Forms: WTForms with the city's fields. Both widths of characters are taken and converted, never refused.

A field's `normal` is one of the readers of core.text; what it refuses becomes the message at the field.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar, Self

from flask import request
from wtforms import Field, Form, StringField, TextAreaField
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from portal.core import text, wareki
from portal.core.text import TextRefused
from portal.core.wording import WORDING
from portal.core.words import N_
from portal.web.i18n import gettext, language

NEEDED = N_("This is needed.")
CHOOSE = N_("Please choose one.")
# So much of what was refused comes back into its field: enough to correct a text that is too long, not a megabyte.
LINE_SHOWN, TEXT_SHOWN = 1_000, 20_000


def explain(refused: TextRefused) -> str:
    """What is wrong with a text and what to do, in the reader's language."""
    wrong, remedy = WORDING[refused.code]
    return gettext(wrong, **refused.facts) + " " + gettext(remedy, **refused.facts)


class CityForm(Form):
    """A form that reads this request and speaks the reader's language."""

    class Meta:
        locales = False

        def get_translations(self, _form: Any) -> Any:
            from wtforms.i18n import get_translations

            return get_translations([language()])

    @classmethod
    def read(cls, **known: Any) -> Self:
        """What was sent with this request; on a GET, what is *known* already."""
        return cls(request.form if request.method == "POST" else None, data=known)

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether all can be taken; if not, what was typed is made fit to be shown again."""
        if super().validate(extra_validators):
            return True
        for field in self:
            lines = isinstance(field, TextAreaField)
            if isinstance(field.data, str):
                longest = TEXT_SHOWN if lines else LINE_SHOWN
                field.data = text.shown_again(field.data, longest=longest, lines=lines)
        return False


class Needed:
    """The field must be filled; blanks of either width are nothing."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, _form: Form, field: Field) -> None:
        if not (field.raw_data and any(str(item).strip() for item in field.raw_data)):
            field.errors = []
            raise StopValidation(gettext(CHOOSE if getattr(field, "choices", None) else NEEDED))


class _Read:
    """Runs the reader over what was typed; an empty field that may be empty stays empty."""

    def __init__(self, reader: Callable[[str], str]) -> None:
        self.reader = reader

    def __call__(self, _form: Form, field: Field) -> None:
        if not (field.data or "").strip():
            field.data = ""
            return
        try:
            field.data = self.reader(field.data)
        except TextRefused as refused:
            raise StopValidation(explain(refused)) from None


class TextField(StringField):
    """One line, read by *reader* (default: up to *longest* characters of free text)."""

    def __init__(
        self,
        label: str = "",
        *,
        longest: int = 200,
        needed: bool = True,
        reader: Callable[[str], str] | None = None,
        **rest: Any,
    ) -> None:
        read = _Read(reader or (lambda typed: text.single_line(typed, longest=longest)))
        super().__init__(label, [*([Needed()] if needed else []), read], **rest)


class LongTextField(TextAreaField):
    """Several lines of free text."""

    def __init__(self, label: str = "", *, longest: int = 2000, needed: bool = True, **rest: Any) -> None:
        read = _Read(lambda typed: text.free_text(typed, longest=longest))
        super().__init__(label, [*([Needed()] if needed else []), read], **rest)


class DayField(Field):
    """A day typed in three parts, in either calendar. `data` is a date or None; `parts` is what was typed."""

    widget = TextInput()

    def __init__(self, label: str = "", *, needed: bool = True, **rest: Any) -> None:
        rest["render_kw"] = {"component": "date", **rest.get("render_kw", {})}
        super().__init__(label, [], **rest)
        self.flags.required = needed
        self.parts: dict[str, Any] = {}

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.data: date | None = data if isinstance(data, date) else None
        if formdata:
            self._read(formdata)
        elif self.data:
            day = self.data
            self.parts = {"era": "ce", "year": day.year, "month": day.month, "day": day.day, "date": day}

    def _read(self, formdata: Any) -> None:
        names = ("era", "year", "month", "day")
        self.parts = {name: text.shown_again(formdata.get(f"{self.name}-{name}", ""), longest=20) for name in names}
        typed = [self.parts[name].strip() for name in names[1:]]
        if not any(typed):
            if self.flags.required:
                self.process_errors = [gettext(NEEDED)]
            return
        try:
            self.data = wareki.from_parts(self.parts["era"], *typed)
            self.parts["date"] = self.data
        except TextRefused as refused:
            self.process_errors = [explain(refused)]
