"""HTML as html5lib reads it, in a tenth of the time for a page of a shape that it has read before.

Whether a page is sound, and what its tree is, hangs on its shape: its tags, the names of their attributes, and where words
stand between them. So html5lib reads the first page of a shape; the next ones are read by one regular expression, but only
once both had made the same tree of a page of that shape. Faults are always html5lib's to find: no shape with one is known.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from hashlib import blake2b
from html import unescape

import html5lib

DOCTYPE = "<!doctype html>"
TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[^\s"'<>/=]+(?:="[^"]*")?)*)\s*(/?)>""")
ATTRIBUTE = re.compile(r"""\s([^\s"'<>/=]+)(?:="([^"]*)")?""")
REFERENCE = re.compile(r"&(?:#[0-9]+|#x[0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);")
# What html5lib looks at sign by sign: pages with such signs are its own.
UNUSUAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]|<!(?!doctype html>)", re.I)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
VERBATIM = {"script", "style"}
SVG = "{http://www.w3.org/2000/svg}"

_known: set[bytes] = set()
_odd: set[bytes] = set()


class Unusual(Exception):
    """Only html5lib can tell what this is."""


def read(source: str) -> tuple[ET.Element, list[str]]:
    """The page's tree, and what html5lib holds against it."""
    try:
        tree, shape = _read_quickly(source)
    except Unusual:
        return _read_strictly(source)
    if shape in _known:
        return tree, []
    judged, faults = _read_strictly(source)
    if shape not in _odd and not faults:
        (_known if _alike(tree, judged) else _odd).add(shape)
    return judged, faults


def _read_strictly(source: str) -> tuple[ET.Element, list[str]]:
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    tree: ET.Element = parser.parse(source)
    return tree, [f"{place}: {code}" for place, code, _facts in parser.errors]


def _read_quickly(source: str) -> tuple[ET.Element, bytes]:
    """The tree, and a digest of the shape."""
    if source[: len(DOCTYPE)].lower() != DOCTYPE or UNUSUAL.search(source):
        raise Unusual
    grower, shape, place = _Grower(), blake2b(digest_size=16), len(DOCTYPE)
    parts: list[str] = []
    for found in TAG.finditer(source, place):
        words = source[place : found.start()]
        parts.append(_kind(words))
        grower.say(words)
        place = found.end()
        ends, name, rest, closed = found.groups()
        attributes = ATTRIBUTE.findall(rest)
        parts += (ends, name, closed, *(attribute for attribute, _ in attributes))
        if name == "input":
            parts.append(str([value for attribute, value in attributes if attribute == "type"]))
        if ends:
            grower.end(name)
        else:
            grower.begin(name, attributes, closed=bool(closed))
    grower.say(source[place:])
    parts += sorted({*REFERENCE.findall(source)})
    if len(REFERENCE.findall(source)) != source.count("&"):
        raise Unusual
    shape.update("\n".join(parts).encode())
    return grower.root(), shape.digest()


def _kind(words: str) -> str:
    """Nothing, blank, words, or words that begin with a line's end: the differences that make other trees."""
    if "<" in words:
        raise Unusual
    return "" if not words else ("\u2424" if words[0] == "\n" else "") + (" " if words.isspace() else "x")


class _Grower:
    """Makes a tree of tags that are all closed as they were opened."""

    def __init__(self) -> None:
        self._open: list[ET.Element] = []
        self._names: list[str] = []
        self._html: ET.Element | None = None
        self._last: ET.Element | None = None  # closed just now: words that follow are its tail
        self._in_svg = 0

    def begin(self, name: str, attributes: list[tuple[str, str]], *, closed: bool) -> None:
        self._in_svg += name == "svg"
        facts = {key: unescape(value) for key, value in attributes}
        made = ET.Element(SVG + name if self._in_svg else name, facts)
        if self._open:
            self._open[-1].append(made)
        elif self._html is None:
            self._html = made
        else:
            raise Unusual
        if (closed and self._in_svg) or (name in VOID and not self._in_svg):
            self._last = made
            self._in_svg -= name == "svg"
        elif closed:
            raise Unusual
        else:
            self._open.append(made)
            self._names.append(name)
            self._last = None

    def end(self, name: str) -> None:
        if not self._names or self._names.pop() != name:
            raise Unusual
        self._in_svg -= name == "svg"
        self._last = self._open.pop()

    def say(self, words: str) -> None:
        if not words:
            return
        if not self._open or self._names[-1] == "html":
            self._say_between(words)
            return
        if self._names[-1] not in VERBATIM:
            words = unescape(words)
        self._add(self._open[-1], self._last, words)

    def _say_between(self, words: str) -> None:
        """Around head and body only blanks may stand: those before the head are nobody's, those behind the body its own."""
        if not words.isspace():
            raise Unusual
        if self._html is None or not len(self._html):
            return
        last = self._html[-1]
        if last.tag == "body":
            self._add(last, last[-1] if len(last) else None, words)
        else:
            self._add(self._html, last, words)

    @staticmethod
    def _add(inside: ET.Element, after: ET.Element | None, words: str) -> None:
        if after is None:
            inside.text = (inside.text or "") + words
        else:
            after.tail = (after.tail or "") + words

    def root(self) -> ET.Element:
        if self._html is None or self._open:
            raise Unusual
        return self._html


def _alike(first: ET.Element, second: ET.Element) -> bool:
    return all(one == other for one, other in zip(_facts(first), _facts(second), strict=False))


def _facts(tree: ET.Element) -> Iterator[object]:
    for element in tree.iter():
        yield element.tag, dict(element.attrib), element.text or "", element.tail or "", len(element)
