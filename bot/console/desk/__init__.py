"""The working screen of the staff: lists, the thread of a conversation, the composer, the steps of a hand-off."""

from bot.console.desk.routing import routes

__all__ = ["routes"]
