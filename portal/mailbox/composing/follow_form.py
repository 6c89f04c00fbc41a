"""The part of a clerk's form that says what is done later with a notice: reminders, and a letter on paper."""

from typing import Any

from wtforms import SelectField

from portal.core.words import N_
from portal.mailbox.following import rules
from portal.mailbox.following.rules import BY_LAW, DAYS, FOLLOW, LONGEST_LAW, LawMissing, Step
from portal.web.forms import CityForm, TextField
from portal.web.i18n import gettext, ngettext

STEP_WORDS: dict[Step, str] = {
    Step.BEFORE: N_("Reminder before the due date"),
    Step.AFTER: N_("Reminder after the due date"),
    Step.UNREAD: N_("Reminder to who has not opened it"),
    Step.PAPER: N_("Letter on paper"),
}


def after_words(step: Step, days: int) -> str:
    """How many days before or after what, in words."""
    if step is Step.PAPER and days == BY_LAW:
        return gettext("At once, to everybody: a law asks for paper")
    if step is Step.PAPER:
        return ngettext("To who has not read it after %(num)s day", "To who has not read it after %(num)s days", days)
    if step is Step.BEFORE:
        return ngettext("%(num)s day before", "%(num)s days before", days)
    return ngettext("%(num)s day after", "%(num)s days after", days)


class FollowForm(CityForm):
    """A field for each step, and the law where a law asks for paper."""

    before = SelectField(default="")
    after = SelectField(default="")
    unread = SelectField(default="")
    paper = SelectField(default="")
    law = TextField(longest=LONGEST_LAW, needed=False)

    @property
    def steps(self) -> list[Any]:
        return [self[step] for step in Step]

    def label_steps(self) -> None:
        """Words in the reader's language."""
        self.law.label.text = gettext("Law that asks for paper")
        self.law.description = gettext("Only for letters to everybody. It stands on the letter, with its article.")
        self.before.description = gettext(
            "Only who has not done it yet is reminded, by a notice and on their channels."
        )
        self.paper.description = gettext("Your section prints and posts the letters. Who reads it in time gets none.")
        for step, label in STEP_WORDS.items():
            self[step].label.text = gettext(label)
            self[step].choices = [("", gettext("No")), *((str(days), after_words(step, days)) for days in DAYS[step])]

    def check_law(self) -> bool:
        """Said at the field."""
        try:
            self.follow()
        except LawMissing as missing:
            self.law.errors = [gettext(missing.message) + " " + gettext(missing.next_step)]
            return False
        return True

    def follow(self) -> dict[str, Any]:
        """What the notice's choices keep of it."""
        days = {step: int(self[step].data) if (self[step].data or "").isdecimal() else None for step in Step}
        terms = rules.terms(days, law=self.law.data or "")
        return {FOLLOW: terms} if terms else {}
