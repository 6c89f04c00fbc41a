"""Where to go after signing in: back to the page of this site that was asked for, never elsewhere."""

from urllib.parse import urlsplit

from flask import request


def is_ours(path: str) -> bool:
    """Whether *path* is an address on this site: relative, absolute in path, without tricks browsers fall for."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or len(path) > 500:
        return False
    if any(ord(sign) <= 32 or sign == "\\" or ord(sign) == 127 for sign in path):
        return False  # browsers strip tabs and line ends, and read a backslash as a slash
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc


def page_before() -> tuple[str, str]:
    """Path and query of the page of ours that sent this request; two empty texts for any other, and for what is no
    address at all."""
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:
        return "", ""
    ours = came_from.netloc == request.host and is_ours(came_from.path)
    return (came_from.path, came_from.query) if ours else ("", "")


def way_back(default: str) -> str:
    """The `next` of this request if it is an address of ours, else *default*."""
    path = request.values.get("next", "")
    return path if is_ours(path) else default
