"""What an officer says of a document, and why a published one changes."""

from collections.abc import Sequence
from uuid import UUID

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from portal.core.words import N_
from portal.procurement.papers import rules
from portal.procurement.papers.service import Said
from portal.procurement.papers.shelf import Listed
from portal.web.forms import CityForm, LongTextField, Needed, TextField
from portal.web.i18n import LANGUAGES
from portal.web.i18n import gettext as _


class PaperForm(CityForm):
    """A document; which one of those that are public it is a new version of."""

    title = TextField(N_("Name of the document"), longest=100)
    kind = SelectField(N_("Kind of document"), [Needed()])
    language = SelectField(
        N_("Language of the document"),
        [Needed()],
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
    )
    instead = SelectField(N_("New version of"))

    @classmethod
    def of(cls, public: Sequence[Listed]) -> "PaperForm":
        """As it was sent, or empty; asks for the old version only where there is one."""
        form = cls.read(language="ja")
        for field in form:
            field.label.text = _(field.label.text)
        form.kind.choices = [(name, _(words)) for name, words in rules.KINDS.items()]
        form.instead.choices = [("", _("None: it is a new document"))]
        form.instead.choices += [(str(one.now.row.paper), one.now.row.title) for one in public]
        if not public:
            del form.instead
        return form

    def said(self) -> Said | None:
        """What it is, or None with the faults at their fields."""
        if not self.validate():
            return None
        instead = self.instead.data if "instead" in self else ""
        return Said(self.title.data or "", self.kind.data, self.language.data, UUID(instead) if instead else None)


class WhyForm(CityForm):
    """Why it changes."""

    why = LongTextField(N_("What changes, and why"), longest=500, render_kw={"rows": 3})

    @classmethod
    def of(cls) -> "WhyForm":
        """As it was sent, or empty."""
        form = cls.read()
        form.why.label.text = _(form.why.label.text)
        return form
