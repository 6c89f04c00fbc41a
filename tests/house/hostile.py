"""Requests nobody honest sends, drawn at random over every door: odd paths, fields, bodies, headers and methods.

The same seed draws the same requests for the same doors.
"""

import json
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes
from uuid import UUID

from portal.web.room import Door

PARAMETER = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
FORM = "application/x-www-form-urlencoded"
# Bytes, because half of them are no text: NUL, lone surrogates, digits int() refuses, numbers no column holds.
TEXTS: tuple[bytes, ...] = (
    b"", b" ", b"\0", b"a\0b", "²".encode(), "٣".encode(), b"9" * 5_000, b"-1", b"0", b"1e400", b"NaN",
    b"9223372036854775808", b"\xed\xa0\x80", b"\xff\xfe", b"<script>alert(1)</script>", b"=cmd|'/C calc'!A0",
    b"../../etc/passwd", b"..\\..\\x", b"\r\nX-Evil: 1", b"\t/evil.example", b"//evil.example", b"/\\evil.example",
    b"https://evil.example/", "あ".encode() * 2_000, "𠮷".encode() * 100, "\u202e\u200b".encode(), b"{" * 3_000,
    b"00000000-0000-0000-0000-000000000000", b"9999-12-31", b"0001-01-01", b"2026-02-30", b"0000-0000-0000",
    b"%s%n{0}{{7*7}}%(x)s", b"' OR 1=1 --", b"ja_JP@x", b"preview", b"import", b"check", b"yes", b"1", b"2",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 1e308, "", "\0", "²", "x" * 5_000, "\ud800", [], {},
    [[[]]], {"a": {"\0": "\0"}}, "00000000-0000-0000-0000-000000000000", "ja", "cash", "ready",
)  # fmt: skip
BODIES: tuple[bytes, ...] = (
    b"", b"[" * 100_000, b'{"a":' * 100_000, b"NaN", b"1e400", b"9" * 5_000, b'"\\ud800"', b"\xff\xfe{}", b"null",
    b"{}", b'{"rawId":"\\u0000"}', b'{"rawId":{"a":1},"id":[]}', b"a=1&" * 2_000, b"x" * 600_000,
)  # fmt: skip
TYPES = (
    FORM, "application/json", "text/plain", "", "multipart/form-data", "multipart/form-data; boundary=",
    "multipart/form-data; boundary=x", f"{FORM}; charset=utf-7", "application/json; charset=\0", "a/b/c;;;=",
)  # fmt: skip
HEADERS: tuple[tuple[str, str], ...] = (
    ("Origin", "http://["), ("Origin", "null"), ("Origin", "https://evil.example"), ("Origin", "\xff"),
    ("Sec-Fetch-Site", "cross-site"), ("Accept", "application/json"), ("Accept", "\xff;q=\xb2,*/*;q=x"),
    ("Accept-Language", "xx;q=nan,ja;q=1e400,;;;"), ("Authorization", "Bearer \xff"), ("Authorization", "Basic ="),
    ("Cookie", "__Host-portal=\xff; __Host-language=\xff; __Host-visitor=\xed\xa0\x80"), ("X-CSRF-Token", "\xe9"),
    ("Idempotency-Key", "\xff"), ("Idempotency-Key", "x" * 5_000), ("X-HTTP-Method-Override", "DELETE"),
    ("Range", "bytes=-1-,9999999999999999999999-"), ("If-None-Match", "\xff,*"), ("If-Modified-Since", "²"),
    ("Host", "["), ("Host", "127.0.0.1:99999999"), ("Host", ""), ("Host", "a b<x>"), ("User-Agent", "\xff" * 5_000),
    ("X-Order-Owner", "\xff"), ("X-Forwarded-For", "²"), ("Content-Length", "-1"),
)  # fmt: skip
METHODS = ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "FOO")


@dataclass(slots=True)
class Hostile:
    """One request; `path` is percent-encoded, header values are latin-1 as they are on the wire."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path[:120]} {self.content_type!r} {self.body[:80]!r} {str(self.headers)[:200]}"


@dataclass(slots=True)
class Attacker:
    """Draws requests; `names` are fields of forms and `ids` rows of somebody, to get past the first checks."""

    random: Random
    names: list[str]
    ids: list[UUID]

    def request(self, door: Door, token: str) -> Hostile:
        """A request for *door* with one to three things wrong with it; *token* is the CSRF token of the sender."""
        method = door.methods[0] if self.random.random() < 0.9 else self.random.choice(METHODS)
        path = PARAMETER.sub(self._parameter, door.path)
        if self.random.random() < 0.5:
            path += "?" + self._pairs(self.random.randint(1, 4)).decode()
        asked = Hostile(method, path, headers=dict(self.random.sample(HEADERS, self.random.choice((0, 0, 1, 2)))))
        if method == "POST":
            asked.body, asked.content_type = self._body(door, token)
        return asked

    def _parameter(self, found: re.Match[str]) -> str:
        if found[1] == "uuid" and self.random.random() < 0.9:
            return str(self.random.choice(self.ids))
        return quote_from_bytes(self.random.choice(TEXTS), safe="") or "x"

    def _body(self, door: Door, token: str) -> tuple[bytes, str]:
        if self.random.random() < 0.2:
            return self.random.choice(BODIES), self.random.choice(TYPES)
        if door.body is not None:
            message = {name: self.random.choice(VALUES) for name in door.body.model_fields}
            return json.dumps(message).encode(), "application/json"
        pairs = self._pairs(self.random.randint(0, 25))
        if self.random.random() < 0.2:
            return self._parts(token), "multipart/form-data; boundary=x"
        return b"csrf_token=" + quote_from_bytes(token.encode()).encode() + b"&" + pairs, FORM

    def _pairs(self, count: int) -> bytes:
        pairs = [(self.random.choice(self.names).encode(), self.random.choice(TEXTS)) for _ in range(count)]
        return b"&".join(
            quote_from_bytes(name).encode() + b"=" + quote_from_bytes(value).encode() for name, value in pairs
        )

    def _parts(self, token: str) -> bytes:
        """A form with a file, as browsers send them."""
        parts = [('name="csrf_token"', token.encode()), ('name="step"', b"import")]
        for _ in range(self.random.randint(1, 4)):
            name = self.random.choice([*self.names, "file", "key_file"])
            parts.append((f'name="{name}"; filename="\0.csv"', b"\n".join(self.random.sample(TEXTS, 3))))
        return (
            b"".join(
                b"--x\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (head.encode(), value)
                for head, value in parts
            )
            + b"--x--\r\n"
        )
