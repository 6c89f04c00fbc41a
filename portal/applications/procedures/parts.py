"""Shared parts of procedures: written once in parts.json, taken up by name.

    {"use": "phone"}                                   the part as it is
    {"use": "phone", "label": "Phone of the doctor"}   with other words
    {"use": "person", "prefix": "spouse_"}             its fields (and conditions on them) under other names

A part may be one thing (a field, a page, a paper to bring) or a list; a list is spliced into the list it stands in.
A part that published procedures use is not changed: it gets a new name, so that cases already begun keep their form.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Parts = Mapping[str, Any]


class PartMissing(ValueError):
    """A file uses a part nobody wrote, or in a way it cannot be used."""


def resolved(node: Any, parts: Parts, within: tuple[str, ...] = ()) -> Any:
    """*node* with every {"use": …} replaced by what it names."""
    if isinstance(node, list):
        found = []
        for one in node:
            part = resolved(one, parts, within)
            found += part if isinstance(one, dict) and "use" in one and isinstance(part, list) else [part]
        return found
    if not isinstance(node, dict):
        return node
    if "use" in node:
        return _used(node, parts, within)
    return {key: resolved(value, parts, within) for key, value in node.items()}


def _used(node: Mapping[str, Any], parts: Parts, within: tuple[str, ...]) -> Any:
    name = node["use"]
    if name not in parts:
        raise PartMissing(f'"use": "{name}" names no part: write it in parts.json, or correct the name')
    if name in within:
        raise PartMissing(f'the part "{name}" uses itself: {" > ".join((*within, name))}')
    part = resolved(parts[name], parts, (*within, name))
    if prefix := node.get("prefix", ""):
        part = _renamed(part, prefix, set(_names(part)))
    changes = {key: value for key, value in node.items() if key not in ("use", "prefix")}
    if not changes:
        return part
    if not isinstance(part, dict):
        raise PartMissing(f'the part "{name}" is a list: {sorted(changes)} cannot be changed in it')
    return part | resolved(changes, parts, within)


def _names(node: Any) -> Iterator[str]:
    """The fields and pages a part brings with it."""
    if isinstance(node, list):
        for one in node:
            yield from _names(one)
    elif isinstance(node, dict):
        if "name" in node:
            yield node["name"]
        for key in ("fields", "sections"):
            yield from _names(node.get(key, []))


def _renamed(node: Any, prefix: str, own: set[str]) -> Any:
    if isinstance(node, list):
        return [_renamed(one, prefix, own) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: prefix + value
        if key in ("name", "var") and isinstance(value, str) and value.split(".")[0] in own
        else _renamed(value, prefix, own)
        for key, value in node.items()
    }
