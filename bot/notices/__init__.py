"""Telling citizens of changes of their dossiers: the wish for it, its end, and the notices. See docs/adr/0017."""

KEY = "notice:"  # how the key of a notice's message begins
