"""Apologies for late dossiers with a new date: written by staff, approved by a head, and nothing before that."""

from bot.console.apology.pages import routes

__all__ = ["routes"]
