"""The staff console: sign-in, roles, pages. ``routing.routes`` is mounted in ``bot/server.py``."""
