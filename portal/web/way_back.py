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


def way_back(default: str) -> str:
    """The `next` of this request if it is an address of ours, else *default*."""
    path = request.values.get("next", "")
    return path if is_ours(path) else default
