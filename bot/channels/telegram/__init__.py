"""Telegram by python-telegram-bot: its calls and types, in our own loop."""

from bot.channels.telegram.channel import build

__all__ = ["build"]
