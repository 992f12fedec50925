"""The drawer beside a conversation: why it is here, official answers to insert, its dossier, what belongs to it."""

from bot.console.drawer.pages import routes

__all__ = ["routes"]
