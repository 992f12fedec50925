"""The Zalo Bot Platform: a pilot on a desk by polling, a real installation by webhook."""

from bot.channels.zalo_bot.channel import build

__all__ = ["build"]
