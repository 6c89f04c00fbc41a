"""Puts typed texts back into the form of a finished page, whatever made the page.

Our pages are sound HTML (every test checks them), so a pass over the tags is enough; what is not a control of the
wanted form is passed on as it was. Passwords, hidden values and files are left as the page has them.
"""

from collections import defaultdict
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from portal.core.words import N_
from portal.web.i18n import gettext
from portal.web.templating import macro

LEFT_ALONE = frozenset({"hidden", "password", "file", "submit", "button", "image", "reset"})
Attributes = list[tuple[str, str | None]]


def fill(page: str, *, here: str, action: str, fields: list[tuple[str, str]]) -> str:
    """*page* (whose path is *here*) with *fields* in its form for *action*, and a word above it that says so."""
    filler = _Filler(here, action, fields)
    filler.feed(page)
    filler.close()
    return "".join(filler.written) if filler.found else page


class _Filler(HTMLParser):
    def __init__(self, here: str, action: str, fields: list[tuple[str, str]]) -> None:
        super().__init__(convert_charrefs=False)
        self.written: list[str] = []
        self.found = False
        self._here, self._action = here, action
        self._typed: dict[str, list[str]] = defaultdict(list)
        for name, text in fields:
            self._typed[name].append(text)
        self._next: dict[str, int] = defaultdict(int)
        self._inside = False
        self._select: str | None = None
        self._skipping = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        known = dict(attrs)
        if tag == "form":
            self._enter(known)
        if self._inside and tag in ("input", "textarea", "select", "option"):
            self.written.append(self._control(tag, known, attrs))
        else:
            self.written.append(self.get_starttag_text() or "")

    handle_startendtag = handle_starttag

    def _enter(self, known: dict[str, str | None]) -> None:
        target = urlsplit(known.get("action") or self._here).path
        self._inside = (known.get("method") or "").lower() == "post" and target == self._action and not self.found
        if self._inside:
            self.found = True
            notice = macro("components/banner.html", "notice_banner")
            words = gettext(N_("What you typed is still here")), gettext(N_("Please check it and send it again."))
            self.written.append(str(notice(*words, "info", True)))

    def _control(self, tag: str, known: dict[str, str | None], attrs: Attributes) -> str:
        name, kind = known.get("name") or "", (known.get("type") or "text").lower()
        if tag == "select":
            self._select = name
        elif tag == "option":
            return self._marked(tag, attrs, "selected", known.get("value") or "", self._select or "")
        elif tag == "textarea" and name in self._typed:
            self._skipping = True
            return (self.get_starttag_text() or "") + escape(self._text(name))
        elif tag == "input" and kind in ("checkbox", "radio"):
            return self._marked(tag, attrs, "checked", known.get("value") or "on", name)
        elif tag == "input" and kind not in LEFT_ALONE and name in self._typed:
            rest = [(key, value) for key, value in attrs if key != "value"]
            return _tag(tag, [*rest, ("value", self._text(name))])
        return self.get_starttag_text() or ""

    def _marked(self, tag: str, attrs: Attributes, mark: str, value: str, name: str) -> str:
        if tag == "option" and name not in self._typed:
            return self.get_starttag_text() or ""
        rest = [(key, text) for key, text in attrs if key != mark]
        return _tag(tag, [*rest, (mark, None)] if value in self._typed.get(name, ()) else rest)

    def _text(self, name: str) -> str:
        """Of several controls of one name each gets its own text, in order."""
        texts, place = self._typed[name], self._next[name]
        self._next[name] += 1
        return texts[min(place, len(texts) - 1)]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._skipping = False
        self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.written.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.written.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.written.append(f"<!{decl}>")


def _tag(tag: str, attrs: Attributes) -> str:
    parts = [key if value is None else f'{key}="{escape(value)}"' for key, value in attrs]
    return f"<{' '.join([tag, *parts])}>"
