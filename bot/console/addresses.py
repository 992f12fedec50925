"""Reading addresses that browsers send. What cannot be read is taken for no address."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

HOME = "/console/"
_NOTHING = SplitResult("", "", "", "", "")


def split(url: str) -> SplitResult:
    """Return the parts of an address, all empty when it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return _NOTHING


def inside(target: str) -> str:
    """Return a path to go to after the sign-in: one of the console's, else its first page."""
    parts = split(target)
    odd = parts.scheme or parts.netloc or "\\" in target or ".." in parts.path or not target.isprintable()
    is_ours = parts.path.startswith(HOME) and not parts.path.startswith((f"{HOME}sign-", f"{HOME}static/"))
    return target if is_ours and not odd else HOME
