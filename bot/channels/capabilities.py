"""What each channel can do: the one table from which rendering follows.

Sources: docs.zaloplatforms.com (OA API v3; Bot Platform), core.telegram.org/bots/api.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bot.channels.base import Capabilities

_DAY = dt.timedelta(days=1)

CAPABILITIES: Mapping[str, Capabilities] = {
    "web": Capabilities(longest_text=100_000, most_buttons=20, longest_title=200, numbered=False, replayed=True),
    "rest": Capabilities(longest_text=100_000, replayed=True),
    # Buttons are documented for the older interface only, and are not shown on computers: numbers always.
    "zalo": Capabilities(
        longest_text=2000,
        most_buttons=5,
        longest_title=100,
        files=True,
        location=True,
        window=7 * _DAY,
    ),
    "zalo_bot": Capabilities(longest_text=2000, typing=True),
    "telegram": Capabilities(
        longest_text=4096,
        most_buttons=20,
        longest_title=64,
        numbered=False,
        links=True,
        files=True,
        location=True,
        typing=True,
    ),
}
