"""What people of companies, and of bodies, type to a notice."""

from typing import Self

from portal.mailbox import service as mailbox
from portal.web.forms import CityForm, LongTextField
from portal.web.i18n import gettext as _

limits = mailbox.answer_rules


class AnswerForm(CityForm):
    """What was added to a chosen answer."""

    words = LongTextField(longest=limits.LONGEST_WORDS, needed=False, render_kw={"rows": 3})

    def label(self) -> Self:
        self.words.label.text = _("Words of your own")
        return self


class MessageForm(CityForm):
    """A message, of either side."""

    body = LongTextField(longest=limits.LONGEST_MESSAGE, render_kw={"rows": 6})

    def label(self) -> Self:
        self.body.label.text = _("Your message")
        self.body.description = _("Up to %(count)s characters.", count=limits.LONGEST_MESSAGE)
        return self
