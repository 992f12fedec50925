"""What heads of units see of promised dates: dossiers that are late or soon due, land first."""

from bot.console.overdue.page import routes

__all__ = ["routes"]
