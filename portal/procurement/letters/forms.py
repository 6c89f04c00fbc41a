"""The form of a notice to companies: what is said, what is asked for, and whom it is for."""

import io
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, cast

from flask import request
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice

from portal.companies import service as companies
from portal.company_mailbox.service import sending
from portal.core.clock import JST
from portal.core.csv_file import detect_encoding
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.mailbox import service as mailbox
from portal.procurement.letters import choosing, rules
from portal.procurement.letters.rules import Chosen
from portal.procurement.rules import CATEGORY_WORDS, GRADES
from portal.web.forms import CityForm, DayField, LongTextField, Needed, TextField
from portal.web.i18n import gettext as _
from portal.web.i18n import show_list

limits, notices = sending.decisions, mailbox.notice_rules
LONGEST_LIST = 400_000
HOURS = tuple(f"{hour:02}:00" for hour in range(8, 21))
FIELDS_OF: dict[type[Refusal], str] = {
    notices.DueDatePassed: "due_on", notices.DueDateFar: "due_on",
    notices.ChoicesIncomplete: "answers", limits.RemindWithoutDue: "remind_days",
    mailbox.desk_rules.StartImpossible: "send_on", rules.NobodyChosen: "numbers", rules.TooManyNumbers: "numbers",
}  # fmt: skip


class LetterForm(CityForm):
    """Everything a notice says, and to whom."""

    title = TextField(N_("Title"), longest=limits.LONGEST_TITLE)
    body = LongTextField(N_("Text"), longest=limits.LONGEST_BODY, render_kw={"rows": 10})
    kind = RadioField(N_("What kind of notice is it?"), [Needed()], default="information")
    answers = LongTextField(
        N_("Answers to choose from"),
        longest=800,
        needed=False,
        render_kw={"rows": 3},
        description=N_("Only for “Please answer”: one answer a line, two to ten."),
    )
    changeable = BooleanField(N_("The answer may be changed until the due date"))
    words = BooleanField(N_("Words of one's own may be added to the answer"))
    due_on = DayField(N_("Due date"), needed=False)
    remind_days = SelectField(N_("Reminder before it"))
    thread = BooleanField(N_("Companies may write back, with files"))
    confidential = BooleanField(
        N_("Confidential"),
        description=N_("Only the representative reads it, and who they let. A second person has to agree."),
    )
    topic = SelectField(
        N_("What it is about"),
        description=N_("For a confidential notice: a company may let its tax accountant read those about taxes alone."),
    )
    send_on = DayField(N_("Day of sending"), needed=False, description=N_("Empty: at once."))
    hour = SelectField(N_("Time of sending"), choices=[SelectChoice(hour) for hour in HOURS])
    numbers = LongTextField(
        N_("Corporate numbers"),
        longest=LONGEST_LIST,
        needed=False,
        render_kw={"rows": 5},
        description=N_("One a line, or a column of a table. With numbers, the conditions below do not count."),
    )
    category = SelectField(N_("Category of a grade from us"))
    grades = SelectMultipleField(N_("Grades"), render_kw={"component": "checkboxes"})
    region = TextField(
        N_("Where the company is"),
        longest=30,
        needed=False,
        description=N_("How its address begins, such as 千葉県千葉市."),
    )
    register = TextField(
        N_("What we have registered of it"), longest=60, needed=False,
        description=N_("A part of the name, such as 産業廃棄物."),
    )  # fmt: skip

    @classmethod
    def of(cls, known: Mapping[str, Any] | None = None) -> "LetterForm":
        form = cls.read(
            **(known or {"changeable": True, "thread": True, "hour": "09:00", "remind_days": "3", "topic": "other"})
        )
        for field in form:
            field.label.text = _(field.label.text)
            field.description = _(field.description) if field.description else ""
        form.kind.choices = [(str(kind), _(words)) for kind, words in notices.KIND_WORDS.items()]
        form.remind_days.choices = [
            (str(days), _("%(count)s days before", count=days) if days else _("None")) for days in limits.REMIND_DAYS
        ]
        form.topic.choices = [(str(topic), _(words)) for topic, words in companies.TOPIC_WORDS.items()]
        form.category.choices = [("", _("Any")), *((name, _(words)) for name, words in CATEGORY_WORDS.items())]
        form.grades.choices = [(grade, grade) for grade in GRADES]
        return form

    def said(self) -> sending.Said:
        """Raises what a notice of its kind lacks."""
        kind = notices.Kind(self.kind.data)
        lines = [line.strip() for line in (self.answers.data or "").splitlines() if line.strip()]
        asks = kind is not notices.Kind.INFORMATION
        choices = notices.answer_terms(
            [{"ja": line} for line in lines] if kind is notices.Kind.REPLY else [], changeable=bool(self.changeable.data),
            text=bool(self.words.data), thread=bool(self.thread.data),
        )  # fmt: skip
        due_on = self.due_on.data if asks else None
        start = self.send_on.data
        return sending.Said(
            title=self.title.data or "", body=self.body.data or "", kind=kind, due_on=due_on,
            remind_days=int(self.remind_days.data) if due_on else 0, choices=choices,
            confidential=bool(self.confidential.data), topic=companies.TopicOf(self.topic.data),
            send_at=datetime.combine(start, time.fromisoformat(self.hour.data), JST) if start else None,
        )  # fmt: skip

    def chosen(self) -> Chosen:
        """Raises NobodyChosen, TooManyNumbers, FileUnreadable; numbers that are none are a fault at the field."""
        cells = rules.cells_of(self.numbers.data or "") + _of_file()
        numbers, wrong = choosing.read_numbers(cells)
        if wrong:
            self.numbers.errors = [_("These are no corporate numbers: %(numbers)s", numbers=show_list(wrong[:5]))]
        if len(numbers) > rules.MOST:
            raise rules.TooManyNumbers(most=rules.MOST)
        found = Chosen(
            numbers=numbers, category=self.category.data or "", grades=self.grades.data or [],
            region=self.region.data or "", register=self.register.data or "",
        )  # fmt: skip
        found = Chosen(numbers=numbers) if numbers else found
        if found.is_empty and not wrong:
            raise rules.NobodyChosen
        return found


def _of_file() -> list[str]:
    """The cells of a file that came along."""
    upload = request.files.get("list")
    if upload is None or not upload.filename:
        return []
    file = io.BytesIO(upload.stream.read(LONGEST_LIST))
    return rules.cells_of(file.getvalue().decode(detect_encoding(cast(Any, file)), "replace"))


def known_of(one: sending.AnySending) -> dict[str, Any]:
    """A draft as the form shows it again."""
    chosen = rules.chosen_of(one.chosen)
    start = one.send_at.astimezone(JST) if one.send_at else None
    options = one.choices.get("options", [])
    return {
        "title": one.title, "body": one.body, "kind": one.kind, "due_on": one.due_on, "confidential": one.confidential,
        "topic": one.topic,
        "remind_days": str(one.remind_days), "answers": "\n".join(option.get("ja", "") for option in options),
        "changeable": one.choices.get("changeable"), "words": one.choices.get("text"),
        "thread": one.choices.get("thread"), "send_on": start.date() if start else None,
        "hour": f"{start:%H:00}" if start else "09:00", "numbers": "\n".join(chosen.numbers),
        "category": chosen.category, "grades": list(chosen.grades), "region": chosen.region,
        "register": chosen.register,
    }  # fmt: skip
