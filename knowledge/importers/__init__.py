"""Importers: one module and one line in ``registry.py`` each."""
