"""From the marks of our own texts to HTML."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


def bold(text: str) -> Markup:
    """Return a text with what stands between ``**`` in bold; everything else is escaped."""
    return Markup(_BOLD.sub(r"<b>\1</b>", str(escape(text))))
