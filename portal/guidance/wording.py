"""Conditions in words: what a rule asks for, and of the reader's own facts what they say."""

from collections.abc import Callable, Mapping
from datetime import date

from portal.applications import service as applications
from portal.core import clock
from portal.core.words import N_
from portal.facts import service as facts
from portal.facts.service import FactKind
from portal.guidance.rules import on_or_after
from portal.guidance.schema import Condition, FactIs, Rule, Span
from portal.guidance.vaccination import schedule
from portal.web.i18n import gettext as _
from portal.web.i18n import show_date, show_yen

Own = Mapping[str, str]
"""What is known of the person a sentence is about: fact → value."""

HIDDEN = N_("Depends on data of other people, which is not shown")


def occasion(rule: Rule, day: date | None = None) -> str:
    """The occasion in words; with *day*, when it is for this person. "" for what always stands."""
    when = rule.when
    shown = show_date(day) if day else ""
    if when.birthday:
        return _birthday(when.birthday.years, when.birthday.in_months, shown)
    if when.yearly:
        return _("Every year (this time around %(day)s)", day=show_date(day or on_or_after(clock.today(), when.yearly)))
    if when.standing:
        return ""
    if when.applied:
        title = applications.procedure_title(when.applied)
        words = _("You sent: %(procedure)s", procedure=_(title) if title else when.applied)
    elif when.declared:
        words = _("A disaster was declared where you live")
    elif when.moved_in:
        words = _("Moved to Chiba City")
    else:
        name = when.fact_since or when.fact_day
        assert name
        words = _(facts.types()[name].title)
    return _("%(what)s: %(value)s", what=words, value=shown) if shown else words


def _birthday(years: int | None, months: int, shown: str) -> str:
    if months == 0:
        return _("Born on %(day)s", day=shown) if shown else _("A child is born")
    if years is not None:
        return _("Turns %(years)s on %(day)s", years=years, day=shown) if shown else _("Turns %(years)s", years=years)
    if shown:
        return _("%(months)s months old on %(day)s", months=months, day=shown)
    return _("%(months)s months old", months=months)


def condition(one: Condition, own: Own | None = None) -> str:
    """One condition in words; *own* facts take the place of what would do."""
    return _WORDS[one.kind](one, own or {})


def _joined(some: tuple[Condition, ...] | None, own: Own) -> str:
    return " · ".join(condition(part, own) for part in some or ())


def _span(span: Span | None, both: str, least: str, most: str) -> str:
    assert span
    if span.least is None:
        return _(most, most=span.most)
    if span.most is None:
        return _(least, least=span.least)
    return _(both, least=span.least, most=span.most)


def _age(one: Condition, _own: Own) -> str:
    both, least, most = N_("Aged %(least)s to %(most)s"), N_("Aged %(least)s or older"), N_("Aged %(most)s or younger")
    return _span(one.age, both, least, most)


def _age_by_march(one: Condition, _own: Own) -> str:
    assert one.age_by_march
    said = one.age_by_march
    if said.every:
        places = {"least": said.least, "most": said.most, "years": said.every}
        return _("Aged %(least)s to %(most)s on 31 March, every %(years)s years", **places)
    both = N_("Aged %(least)s to %(most)s on 31 March")
    return _span(said, both, N_("Aged %(least)s or older on 31 March"), N_("Aged %(most)s or younger on 31 March"))


def _months(one: Condition, _own: Own) -> str:
    both = N_("%(least)s to %(most)s months old")
    return _span(one.months, both, N_("%(least)s months or older"), N_("Up to %(most)s months old"))


def _grade(one: Condition, _own: Own) -> str:
    assert one.grade
    if one.grade.least == one.grade.most == 0:
        return _("Enters school next April")
    if one.grade.least == one.grade.most:
        return _("In school year %(year)s", year=one.grade.most)
    both = N_("In school years %(least)s to %(most)s")
    return _span(one.grade, both, N_("In school year %(least)s or above"), N_("Not above school year %(most)s"))


def _fact(one: Condition, own: Own) -> str:
    assert one.fact
    said: FactIs = one.fact
    known = facts.types()[said.name]
    title = _(known.title)
    if said.name in own and known.kind in (FactKind.CHOICE, FactKind.DATE):
        return _("%(what)s: %(value)s", what=title, value=value_words(said.name, own[said.name]))
    if said.most is not None:
        return _("%(what)s: at most %(value)s", what=title, value=_number(said.name, said.most))
    if said.least is not None:
        return _("%(what)s: at least %(value)s", what=title, value=_number(said.name, said.least))
    if said.days_from is not None:
        return _("%(what)s: within the last %(days)s days", what=title, days=-said.days_from)
    if said.one_of:
        return _("%(what)s: %(value)s", what=title, value=" / ".join(_(known.values[value]) for value in said.one_of))
    return title


def value_words(name: str, value: str) -> str:
    """A fact's value as people read it."""
    known = facts.types()[name]
    if known.kind is FactKind.DATE:
        return show_date(date.fromisoformat(value))
    return (
        _(known.values[value]) if value in known.values else _number(name, int(value)) if value.isdigit() else _("Yes")
    )


def _number(name: str, value: int) -> str:
    return show_yen(value) if name in ("income", "tax_due") else str(value)


def _vaccinated(one: Condition, _own: Own) -> str:
    assert one.vaccinated
    vaccine = schedule.vaccines().get(one.vaccinated.vaccine)
    title = _(vaccine.title) if vaccine else _("Pneumococcus (65)")
    return _("Given: %(vaccine)s, dose %(dose)s", vaccine=title, dose=one.vaccinated.dose)


def _applied(one: Condition, _own: Own) -> str:
    title = applications.procedure_title(one.applied or "")
    return _("You sent: %(procedure)s", procedure=_(title) if title else "")


def _none_of(one: Condition, own: Own) -> str:
    return _("Not: %(what)s", what=_joined(one.none_of, own))


_WORDS: Mapping[str, Callable[[Condition, Own], str]] = {
    "age": _age,
    "age_by_march": _age_by_march,
    "months": _months,
    "grade": _grade,
    "sex": lambda one, _own: _("Woman") if one.sex == "female" else _("Man"),
    "japanese": lambda one, _own: _("Japanese nationality") if one.japanese else _("Other nationality"),
    "ward": lambda one, _own: _("Lives in %(ward)s", ward=one.ward),
    "moved_in_days": lambda one, _own: _("Moved here in the last %(days)s days", days=one.moved_in_days),
    "fact": _fact,
    "vaccinated": _vaccinated,
    "guards": lambda one, _own: _("Raises a child: %(what)s", what=_joined(one.guards, {})),
    "household": lambda one, _own: _("Somebody at home: %(what)s", what=_joined(one.household, {})),
    "alone": lambda one, _own: _("Lives alone"),
    "applied": _applied,
    "any_of": lambda one, own: _("One of: %(what)s", what=_joined(one.any_of, own)),
    "none_of": _none_of,
}
