"""Errors of the knowledge room; callers catch KnowledgeError at their edge."""


class KnowledgeError(Exception):
    """Base of every error this room raises on purpose."""


class RecordError(KnowledgeError):
    """A written record does not follow the schema."""


class ImportFileError(KnowledgeError):
    """An import file cannot be read at all (wrong type, wrong encoding, no such folder)."""


class DatabaseNotReady(KnowledgeError):
    """The database is missing, not migrated, or locked for too long."""
