"""Releases of one tender put together by the rules of the Open Contracting Data Standard (1.1, "Merging").

The newest word about a field counts, null takes it away, objects of a list are the same by their id, other lists are
replaced whole. Which lists of ours hold objects without an identity of their own: none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

# Of a release they speak of the release alone (omitWhenMerged, or set anew below).
OWN = ("tag", "id", "date")


def compiled(releases: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The compiled release of *releases*, which are in the order of their dates; there has to be one."""
    said: dict[str, Any] = {}
    newest: Mapping[str, Any] = {}
    for newest in releases:
        said = _object(said, {name: value for name, value in newest.items() if name not in OWN})
    return {"tag": ["compiled"], "id": f"{newest['ocid']}-{newest['date']}", "date": newest["date"], **said}


def _object(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in before.items() if name not in after}
    merged = {name: _value(before.get(name), value) for name, value in after.items() if value is not None}
    return {name: (kept | merged)[name] for name in [*before, *after] if name in kept or name in merged}


def _value(before: Any, after: Any) -> Any:
    if isinstance(after, Mapping):
        return _object(before if isinstance(before, Mapping) else {}, after)
    if isinstance(after, list) and after and all(isinstance(one, Mapping) and "id" in one for one in after):
        return _list(before if isinstance(before, list) else [], after)
    return after


def _list(before: list[Any], after: list[Any]) -> list[Any]:
    by_id = {one["id"]: one for one in before}
    for one in after:
        by_id[one["id"]] = _object(by_id.get(one["id"], {}), one)
    return list(by_id.values())
