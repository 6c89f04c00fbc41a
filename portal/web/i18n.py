"""Six languages: which one this reader wants, and the words in it.

Flask-Babel finds the locale and the catalogues; the catalogue of each locale is then kept, because
asking Flask-Babel anew for each of a page's forty words costs more than the page itself.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlencode

import flask_babel
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, Response, after_this_request, g, redirect, request
from markupsafe import Markup

from portal.core import clock, wareki
from portal.core.clock import JST
from portal.web import offices
from portal.web.cookies import cookie
from portal.web.templating import SpokenEnvironment

LANGUAGES = {"ja": "日本語", "en": "English", "zh": "中文", "ko": "한국어", "es": "Español", "pt": "Português"}
# Facts of messages that count something; other figures (years, numbers of things) are written sign by sign.
AMOUNTS = frozenset(
    {
        "age", "all", "amount", "balance", "budget", "copies", "count", "daily", "days", "fee", "few",
        "fewest", "given", "goal", "gone", "items", "kilobytes", "known", "least", "left", "length",
        "limit", "lines", "longest", "megabytes", "minutes", "most", "needed", "num", "once",
        "owed", "pages", "people", "points", "postage", "rows", "seats", "seconds", "signs", "sum",
        "taken", "there", "times", "total", "tries", "wait", "waiting", "wanted", "yen",
    }
)  # fmt: skip
LANGUAGE_COOKIE = "__Host-language"
LONGEST_REPEATED = 2_000  # signs of a query
_HERE = Path(__file__).resolve().parents[2] / "translations"
DIRECTORY = _HERE if _HERE.is_dir() else Path(__file__).resolve().parents[1] / "translations"


def choose_language() -> str:
    """The reader's language: what they chose, else what their browser asks for, else Japanese."""
    chosen = cookie(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(LANGUAGES), default="ja") or "ja"


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> NullTranslations:
    """The words of one language, read once."""
    return Translations.load(str(DIRECTORY), [language], "messages")


def language() -> str:
    """The language of this request."""
    known = g._get_current_object()  # the proxy looks it up again at each use
    spoken: str | None = known.get("language")
    if spoken is None:
        spoken = known.language = choose_language()
    return spoken


def gettext(message: str, **facts: Any) -> str:
    """*message* in the reader's language, with its `%(name)s` places filled."""
    return say(language(), message, facts)


def say(code: str, message: str, facts: Mapping[str, Any]) -> str:
    """*message* in the language *code*: for who says many sentences and knows the language already."""
    words = catalogue(code).gettext(message)
    return words % _shown(facts, code) if facts else words


def _shown(facts: Mapping[str, Any], code: str) -> dict[str, Any]:
    """Days, moments and amounts among *facts* as the language *code* writes them."""
    return {name: _written(name, fact, code) for name, fact in facts.items()}


def _written(name: str, fact: Any, code: str) -> Any:
    if type(fact) is int and name in AMOUNTS:
        return _figure(fact, code)
    if isinstance(fact, datetime):
        return show_datetime(fact, code)
    return show_date(fact, code) if isinstance(fact, date) else fact


def ngettext(one: str, many: str, n: int, **facts: Any) -> str:
    """The right plural for *n* in the reader's language."""
    return catalogue(language()).ngettext(one, many, n) % _shown({"num": n, **facts}, language())


def follow_choice() -> Response | None:
    """`?lang=ko` on any page keeps the choice and comes back to the same page without it.

    A form sent with it (components/language_switch.html) is not taken: its page asks `is_language_change`, keeps what
    was typed, and comes again in that language.
    """
    if "lang" not in request.environ.get("QUERY_STRING", ""):  # hardly any page is asked for with it
        return None
    chosen = request.args.get("lang")
    if chosen is None:
        return None
    if request.method != "GET":
        if chosen in LANGUAGES:
            g.language = chosen
            after_this_request(_keep_choice)
        return None
    rest = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    # Quoted: browsers and libraries drop a tab, so "/<tab>/evil.example" would lead to another site.
    response = redirect(quote(request.path) + ("?" + urlencode(rest) if rest else ""), 303)
    if chosen in LANGUAGES:
        g.language = chosen
        _keep_choice(response)  # type: ignore[arg-type]
    return response  # type: ignore[return-value]


def _keep_choice(response: Response) -> Response:
    response.set_cookie(
        LANGUAGE_COOKIE, language(), max_age=31_536_000, secure=True, httponly=True, samesite="Lax", path="/"
    )
    return response


def is_language_change() -> bool:
    """A form came only because its reader chose another language: keep what was typed, and complain about nothing."""
    return request.method == "POST" and request.args.get("lang") in LANGUAGES


Links = tuple[tuple[str, str, str], ...]


def language_links(form_page: str = "") -> Links | None:
    """(code, own name, address of this page in it) for the switch on every page. The answer to a form may have no
    address of its own: it is left for *form_page*, the page that sent the form.

    None where an address has nothing to repeat: `PLAIN_LINKS` then lead there. A query longer than `LONGEST_REPEATED`
    is left out: six copies of it on a page are of use to nobody.
    """
    path, _, query = form_page.partition("?") if form_page else ("", "", request.environ.get("QUERY_STRING", ""))
    if len(query) > LONGEST_REPEATED or not (path or query):
        return None
    rest = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key != "lang"]
    return _links(rest, path) if rest or path else None


def _links(rest: list[tuple[str, str]], path: str = "") -> Links:
    return tuple((code, name, f"{path}?" + urlencode([*rest, ("lang", code)])) for code, name in LANGUAGES.items())


PLAIN_LINKS = _links([])


def show_date(value: date | datetime, code: str | None = None) -> str:
    """令和8年11月22日（2026年） in Japanese; the locale's long date elsewhere. `code` saves looking the language up."""
    if isinstance(value, datetime):
        value = value.astimezone(JST).date()
    return _date(value, code or language())


def show_month(value: date, code: str | None = None) -> str:
    """2026年10月; the locale's month and year elsewhere."""
    return str(format_skeleton("yMMMM", value, locale=code or language()))


def show_datetime(value: datetime, code: str | None = None) -> str:
    """Date and time of day in Japan."""
    return _datetime(value, code or language())


def show_span(starts_at: datetime, ends_at: datetime, code: str | None = None) -> str:
    """From when to when on one day in Japan, both written the same way."""
    return f"{_datetime(starts_at, code or language())} – {_clock(ends_at.astimezone(JST), code or language())}"


def show_time(value: datetime) -> str:
    """Time of day in Japan, 24 hours."""
    return f"{value.astimezone(JST):%H:%M}"


def show_brief(value: date | datetime) -> str:
    """11月22日, with the time of an instant: for tables of staff, where only another year than this one is said."""
    time = ""
    if isinstance(value, datetime):
        local = value.astimezone(JST)
        value, time = local.date(), f" {local:%H:%M}"
    same_year = value.year == clock.today().year
    if language() == "ja":
        return ("" if same_year else f"{value.year}年") + f"{value.month}月{value.day}日{time}"
    return str(format_skeleton("MMMd" if same_year else "yMMMd", value, locale=language())) + time


def show_day(day: date) -> str:
    """令和8年12月8日（2026年）火曜日: both calendars and the day of the week."""
    weekday = str(format_date(day, "EEEE", locale=language()))
    return gettext("%(weekday)s, %(date)s", weekday=weekday, date=show_date(day))


def show_visit(starts_at: datetime) -> str:
    """Day and time of a visit."""
    day = starts_at.astimezone(JST).date()
    return gettext("%(day)s, %(time)s", day=show_day(day), time=show_time(starts_at))


@lru_cache(maxsize=4096)
def _date(value: date, locale: str) -> str:
    return wareki.show(value) if locale == "ja" else str(format_date(value, "long", locale=locale))


@lru_cache(maxsize=4096)
def _datetime(value: datetime, locale: str) -> str:
    local = value.astimezone(JST)
    return f"{_date(local.date(), locale)} {_clock(local, locale)}"


CLOCKS = {"ko": "aaaa h:mm"}
"""오전 10:00: the short form writes AM in Latin letters."""


def _clock(local: datetime, locale: str) -> str:
    if locale == "ja":
        return f"{local:%H:%M}"
    return str(format_time(local, CLOCKS.get(locale, "short"), locale=locale))


def show_yen(value: int, code: str | None = None) -> str:
    """Yen with 円 after the figure in Japanese, ¥ before it elsewhere."""
    spoken = code or language()
    return f"{_figure(value, spoken)}円" if spoken == "ja" else f"¥{_figure(value, spoken)}"


def show_list(parts: Iterable[str], code: str | None = None) -> str:
    """Several words in a row, with the comma of the language."""
    return ("、" if (code or language()) in ("ja", "zh") else ", ").join(parts)


def office_words(label: str, code: str | None = None) -> str:
    """The name of an office, section or machine in the reader's language, as plain text."""
    return offices.in_words(label, code or language())


def office_words_to_find(label: str) -> str:
    """The same with the Japanese name beside it: that is what stands on the building."""
    words = office_words(label)
    return words if words == label else f"{words} ({label})"


def show_office(label: str, code: str | None = None) -> str:
    """The same for a page, marked as Japanese where it stays so."""
    return offices.show(label, code or language())


def show_office_to_find(label: str, code: str | None = None) -> str:
    """The same for a page, with the Japanese name beside it."""
    return offices.show_to_find(label, code or language())


def show_points(value: int, code: str | None = None) -> str:
    """A number as the language writes it: 1,000 here is one in Portuguese."""
    return _figure(value, code or language())


@lru_cache(maxsize=4096)
def _figure(value: int, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


def show_reference(value: str) -> str:
    """Signs in groups of four with thin gaps a screen reader pauses at: K7QM-3XPR-T2WH."""
    return value if "-" in value else "-".join(value[start : start + 4] for start in range(0, len(value), 4))


FILTERS: dict[str, Callable[[Any], str]] = {
    "time": show_time,
    "brief": show_brief,
    "reference": show_reference,
}


def formats(code: str | None = None) -> dict[str, Callable[..., str]]:
    """The filters that speak a language."""
    by_language: dict[str, Callable[..., str]] = {
        "yen": show_yen,
        "points": show_points,
        "date": show_date,
        "month": show_month,
        "datetime": show_datetime,
        "span": show_span,
        "office": show_office,
        "office_to_find": show_office_to_find,
        "office_words": office_words,
    }
    return {name: partial(show, code=code) for name, show in by_language.items()}


def _say_on_page(message: str, /, **facts: Any) -> Markup:
    """`_()` of templates. Without facts the words stand as they are: Jinja's own takes “10 % of it” for a place to fill."""
    words = Markup(catalogue(language()).gettext(message))  # noqa: S704 - catalogues are ours
    return words % _shown(facts, language()) if facts else words


def install(app: Flask) -> None:
    """Give *app* its languages, words and formats."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(DIRECTORY)
    app.config["BABEL_DEFAULT_LOCALE"] = "ja"
    flask_babel.Babel(app, locale_selector=choose_language)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: catalogue(language()).gettext(message),
        lambda one, many, n: catalogue(language()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals["gettext"] = _say_on_page
    app.jinja_env.filters.update(FILTERS)
    environment = cast(SpokenEnvironment, app.jinja_env)
    environment.listen(
        language,
        lambda code, sentence: catalogue(code).gettext(sentence),
        lambda code, one, many, n: catalogue(code).ngettext(one, many, n),
        formats,
    )
    app.before_request(follow_choice)
