"""Where dossiers are looked up: the office's own table, and systems that speak the national sync format."""
