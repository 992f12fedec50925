"""Dossiers (hồ sơ): their codes, the look-up by code and proof, and the import of the office's own table."""
