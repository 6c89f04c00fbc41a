"""The clerk's forms: a notice with its readers, and a template, which is the same without them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Self

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, RadioField, SelectField
from wtforms.validators import ValidationError

from portal.core import clock, text
from portal.core.addresses import WARDS
from portal.core.words import N_
from portal.mailbox import rules as mailbox
from portal.mailbox.composing import lists, people, placeholders
from portal.mailbox.composing.drafts import TEXTS, Content, readers_of
from portal.mailbox.composing.follow_form import FollowForm
from portal.mailbox.composing.lists import People
from portal.mailbox.composing.rules import LONGEST_NAME
from portal.mailbox.following import rules as following
from portal.mailbox.models import Notice
from portal.mailbox.rules import KIND_WORDS, LONGEST_BODY, LONGEST_TITLE, DueDatePassed, Kind, Strength, check_due
from portal.segments import service as segments
from portal.segments.service import Saved
from portal.web.forms import DayField, LongTextField, Needed, TextField
from portal.web.i18n import LANGUAGES, gettext

CHILD_AGES = ("3", "6", "12", "15", "18")
AGES = ("18", "20", "40", "65", "75")
LONGEST_LIST = 1_500_000
LISTED, SEGMENT, KEPT, SAME = "list", "segment", "kept", "same"
LONGEST_KEPT = {"people": LONGEST_LIST}
STRENGTH_WORDS = {
    Strength.PASSWORD: N_("Password, passkey or card"),
    Strength.PASSKEY_OR_CARD: N_("Passkey or card"),
    Strength.NATIONAL_CARD: N_("My Number Card"),
}


def suffix(language: str) -> str:
    """What the fields of a language end with: Japanese has the plain names."""
    return "" if language == "ja" else f"_{language}"


def _fields() -> dict[str, Any]:
    """The texts' fields, by name: title, body and answers in each language."""
    made: dict[str, Any] = {}
    for language in TEXTS:
        needed = language == "ja"
        end = suffix(language)
        made[f"title{end}"] = TextField(longest=LONGEST_TITLE, needed=needed)
        made[f"body{end}"] = LongTextField(longest=LONGEST_BODY, needed=needed, render_kw={"rows": 8})
        made[f"answers{end}"] = LongTextField(longest=800, needed=False, render_kw={"rows": 3})
    return made


class ContentForm(FollowForm):
    """What to say and what to ask for. Japanese is needed; the others are shown to who reads them."""

    kind = RadioField(validators=[Needed()], default=str(Kind.INFORMATION))
    strength = SelectField(default="1")
    procedure = SelectField(default="")
    changeable = BooleanField(default=True)
    words = BooleanField()
    thread = BooleanField()

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> Self:
        """The form as it was typed."""
        return cls(MultiDict(typed))

    def label(self, procedures: list[tuple[str, str]]) -> Self:
        """Put words and choices in the reader's language onto the fields."""
        words = {
            "kind": gettext("What kind of notice is it?"),
            "strength": gettext("Sign-in the text needs"),
            "procedure": gettext("Procedure it leads to"),
            "changeable": gettext("The answer may be changed until the due date"),
            "words": gettext("Words of one's own may be added to the answer"),
            "thread": gettext("Who has it may write to the section about it"),
        }
        for name, label in words.items():
            self[name].label.text = label
        self.label_steps()
        for language in TEXTS:
            self._label_texts(language)
        self.kind.choices = [(str(kind), gettext(label)) for kind, label in KIND_WORDS.items()]
        self.strength.choices = [(str(int(one)), gettext(label)) for one, label in STRENGTH_WORDS.items()]
        self.procedure.choices = [("", gettext("None")), *procedures]
        return self

    def _label_texts(self, language: str) -> None:
        name, end = language_name(language), suffix(language)
        self[f"title{end}"].label.text = gettext("Title (%(language)s)", language=name)
        self[f"body{end}"].label.text = gettext("Text (%(language)s)", language=name)
        self[f"answers{end}"].label.text = gettext("Answers to choose from (%(language)s)", language=name)
        self[f"answers{end}"].description = gettext("One answer a line, two to ten. The same order in each language.")

    def columns(self) -> Sequence[str]:
        """The places a text may have beside facts of the register; a template may have any."""
        return ()

    def check_places(self, field: Field) -> None:
        """Each place of a text is a fact of the register or a column of the list."""
        known = {*placeholders.Fact, *self.columns()}
        field.data = placeholders.normal(field.data or "")
        unknown = [name for name in placeholders.names(field.data) if name not in known]
        if unknown:
            words = gettext("Nothing fills ((%(name)s)). Add a column of that name to the list, or use: %(known)s")
            raise ValidationError(words % {"name": unknown[0], "known": "、".join(sorted(known))})

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field, and what two fields must agree on."""
        good = super().validate(extra_validators)
        for language in TEXTS:
            good = self._check_language(language) and good
        return self.check_law() and self._check_answers() and good

    def _check_language(self, language: str) -> bool:
        title, body = self[f"title{suffix(language)}"], self[f"body{suffix(language)}"]
        found = []
        for field, other in ((title, body), (body, title)):
            if not field.data and other.data and not field.errors:
                found.append((field, gettext("Fill in both the title and the text in this language, or neither.")))
        if title.data and placeholders.names(placeholders.normal(title.data)):
            found.append((title, gettext("A title is the same for everybody: put ((…)) into the text.")))
        try:
            self.check_places(body)
        except ValidationError as wrong:
            found.append((body, str(wrong)))
        for field, words in found:
            field.errors = [*field.errors, words]
        return not found

    def _check_answers(self) -> bool:
        if self.kind.data not in set(Kind):
            return False
        try:
            mailbox.check_choices(Kind(self.kind.data), self.choices())
        except mailbox.ChoicesIncomplete as wrong:
            self["answers"].errors = [gettext(wrong.message) + " " + gettext(wrong.next_step)]
            return False
        counts = {language: len(_lines(self[f"answers{suffix(language)}"].data)) for language in TEXTS}
        short = [one for one, number in counts.items() if number and number != counts["ja"]]
        if Kind(self.kind.data) is not Kind.REPLY or not short:
            return True
        self[f"answers{suffix(short[0])}"].errors = [gettext("There must be as many answers as in Japanese.")]
        return False

    def choices(self) -> dict[str, Any]:
        """`rules.answer_terms` of what was typed with `following.rules.terms`; {} where nothing may be answered and
        nothing follows."""
        if self.kind.data != Kind.REPLY:
            return (mailbox.answer_terms(thread=True) if self.thread.data else {}) | self.follow()
        by_language = {language: _lines(self[f"answers{suffix(language)}"].data) for language in TEXTS}
        options = [
            {language: lines[place] for language, lines in by_language.items() if place < len(lines)}
            for place in range(len(by_language["ja"]))
        ]
        told = mailbox.answer_terms(
            options, changeable=self.changeable.data, text=self.words.data, thread=self.thread.data
        )
        return told | self.follow()

    def texts(self) -> dict[str, dict[str, str]]:
        """What to say, by language; a language counts only with title and text."""
        found = {}
        for language in TEXTS:
            title, body = self[f"title{suffix(language)}"].data, self[f"body{suffix(language)}"].data
            if title and body:
                found[language] = {"title": title, "body": placeholders.normal(body)}
        return found

    def content(self) -> Content:
        """What the notice says and asks for."""
        return Content(
            Kind(self.kind.data), self.texts(), Strength(int(self.strength.data)), self.choices(), self.procedure.data
        )


for _name, _field in _fields().items():
    setattr(ContentForm, _name, _field)


class TemplateForm(ContentForm):
    """A template: a name for the section, and the content. Its places may be any: they are checked when it is sent."""

    name = TextField(longest=LONGEST_NAME)

    def label(self, procedures: list[tuple[str, str]]) -> Self:
        super().label(procedures)
        self.name.label.text = gettext("Name of the template")
        self.name.description = gettext("Only your section sees it.")
        return self

    def check_places(self, field: Field) -> None:
        """A template does not know its readers yet."""
        field.data = placeholders.normal(field.data or "")


class NoticeForm(ContentForm):
    """A notice: the content, until when, and for whom."""

    due_on = DayField(needed=False)
    source = RadioField(default=SEGMENT)
    ward = SelectField(default="")
    child_under = SelectField(default="")
    age_from = SelectField(default="")
    language = SelectField(default="")
    segment = SelectField(default="")
    people = LongTextField(longest=LONGEST_LIST, needed=False, render_kw={"rows": 6})
    leave_out = BooleanField()

    listed: People | None = None
    kept: Mapping[str, Saved]

    def label(self, procedures: list[tuple[str, str]], *, same: bool = False) -> Self:
        super().label(procedures)
        words = {
            "due_on": gettext("Due date"),
            "source": gettext("Who gets it?"),
            "ward": gettext("Ward"),
            "child_under": gettext("Guardians of a child"),
            "age_from": gettext("Age"),
            "language": gettext("Language"),
            "segment": gettext("Conditions your section keeps"),
            "people": gettext("List of addressee numbers"),
            "leave_out": gettext("Leave out the lines that cannot be used"),
        }
        for name, label in words.items():
            self[name].label.text = label
        self.people.description = gettext(
            "One number a line. With more columns, the first line names them: each fills its ((place)) in the text."
        )
        self.source.choices = [
            (SEGMENT, gettext("People whom conditions fit")),
            (KEPT, gettext("People whom kept conditions fit")),
            (LISTED, gettext("People on a list")),
        ]
        if same:
            self.source.choices = [(SAME, gettext("The people who got the notice it corrects"))]
            self.source.data = SAME
        self._label_segment()
        return self

    def _label_segment(self) -> None:
        everybody = ("", gettext("Everybody"))
        ages = ((age, gettext("with a child under %(age)s", age=age)) for age in CHILD_AGES)
        self.ward.choices = [("", gettext("Whole city")), *((ward, ward) for ward in WARDS)]
        self.child_under.choices = [everybody, *ages]
        self.age_from.choices = [everybody, *((age, gettext("%(age)s or older", age=age)) for age in AGES)]
        self.language.choices = [everybody, *LANGUAGES.items()]

    def offer(self, kept: Mapping[str, Saved]) -> Self:
        """Let one of the conditions be chosen that the section keeps, by `kept_key`."""
        self.kept = kept
        newest = {one.id: max(other.version for other in kept.values() if other.id == one.id) for one in kept.values()}
        older = {key for key, one in kept.items() if one.version < newest[one.id]}
        named = {
            key: gettext("%(name)s, version %(number)s", name=kept[key].name, number=kept[key].version) for key in older
        }
        self.segment.choices = [
            ("", gettext("Choose one")),
            *((key, named.get(key, one.name)) for key, one in kept.items()),
        ]
        return self

    def look_up(self, found: People | None) -> Self:
        """Bring what the list says, before it is checked."""
        self.listed = found
        return self

    def columns(self) -> Sequence[str]:
        return self.listed.columns if self.listed else ()

    def validate_people(self, field: Field) -> None:
        """Said once at the field; the lines are shown below it."""
        found = self.listed
        if self.source.data != LISTED or found is None:
            return
        if not found.rows:
            raise ValidationError(gettext(found.faults[0].words, **found.faults[0].facts))
        if found.faults and not self.leave_out.data:
            words = gettext("%(count)s lines cannot be used: correct them, or leave them out.", count=len(found.faults))
            raise ValidationError(words)

    def validate_segment(self, field: Field) -> None:
        """Needed where it is what chooses."""
        if self.source.data == KEPT and not field.data:
            raise ValidationError(gettext("Choose one of the conditions your section keeps."))

    def validate_due_on(self, field: Field) -> None:
        """Said at the field; the service says it again to whoever has no form."""
        kind = Kind(self.kind.data) if self.kind.data in set(Kind) else Kind.INFORMATION  # a made-up one fails there
        try:
            check_due(kind, field.data, clock.today())
        except DueDatePassed as passed:
            raise ValidationError(gettext(passed.message) + " " + gettext(passed.next_step)) from None

    def readers(self, notice: Notice) -> dict[str, Any]:
        """The chosen people, as `Notice.segment` keeps them."""
        if self.source.data == SAME:
            return dict(notice.segment)
        if self.source.data == LISTED:
            return {people.LISTED: True}
        if self.source.data == KEPT:
            found = self.kept[self.segment.data]
            return readers_of(found.condition, found)
        return readers_of(
            segments.simple(
                ward=self.ward.data,
                child_under=int(self.child_under.data) if self.child_under.data else None,
                age_from=int(self.age_from.data) if self.age_from.data else None,
                language=self.language.data,
            )
        )


def language_name(language: str) -> str:
    """What a language of a text is called."""
    return "やさしい日本語" if language == "easy" else LANGUAGES[language]


def _lines(typed: str | None) -> list[str]:
    return [line.strip() for line in (typed or "").splitlines() if line.strip()]


def sent(form: type[ContentForm]) -> dict[str, str]:
    """What came with this request for *form*, made fit to be kept and shown again."""
    names = {field.name for field in form()}
    names |= {f"due_on-{part}" for part in ("era", "year", "month", "day")}
    kept = {}
    for name in names & set(request.form):
        longest = LONGEST_KEPT.get(name, LONGEST_BODY + 1_000)
        kept[name] = text.shown_again(request.form[name], longest=longest, lines=True)
    return kept | _file()


def _file() -> dict[str, str]:
    """A chosen file takes the place of the pasted list."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return {}
    content = lists.decode(upload.stream.read(LONGEST_LIST + 1))
    if content is None:
        return {"people": lists.NOT_TEXT}
    return {"people": text.shown_again(content, longest=LONGEST_LIST, lines=True), "source": LISTED}


def typed_of(
    content: Content, *, due_on: date | None = None, readers: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """The form as it would have been typed to say this."""
    typed = {
        "kind": str(content.kind),
        "strength": str(int(content.strength)),
        "procedure": content.procedure,
    }
    for name, key in (("changeable", "changeable"), ("words", "text"), ("thread", "thread")):
        if content.choices.get(key, name == "changeable"):
            typed[name] = "y"
    typed |= {str(step): str(days) for step, days in following.of(content.choices).items()}
    typed["law"] = following.law_of(content.choices)
    for language, said in content.texts.items():
        typed[f"title{suffix(language)}"] = said.get("title", "")
        typed[f"body{suffix(language)}"] = said.get("body", "")
    for language in TEXTS:
        answers = [option.get(language, "") for option in content.choices.get("options", ())]
        if any(answers):
            typed[f"answers{suffix(language)}"] = "\n".join(answers)
    if due_on:
        typed |= {"due_on-era": "ce", "due_on-year": str(due_on.year), "due_on-month": str(due_on.month)}
        typed["due_on-day"] = str(due_on.day)
    return typed | _typed_readers(readers or {})


def kept_key(segment_id: object, version: int) -> str:
    """One version of what a section keeps: a notice stays with the conditions it was written with, whatever a colleague
    makes of them meanwhile."""
    return f"{segment_id}.{version}"


def _typed_readers(readers: Mapping[str, Any]) -> dict[str, str]:
    """The chosen people as they would have been typed: by parts where conditions are that simple."""
    if people.LISTED in readers:
        return {"source": LISTED}
    if "segment" in readers:
        return {"source": KEPT, "segment": kept_key(readers["segment"], readers["version"])}
    parts = segments.parts_of(segments.of_json(readers)) if "condition" in readers else None
    return {"source": SEGMENT} | {name: str(value) for name, value in (parts or {}).items() if value}
