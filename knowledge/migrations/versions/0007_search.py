"""search: what people wrote, and what staff noted, found by words without marks; answers that were unsure

The database keeps the index by itself, so that no way of writing a message, and no way of erasing one, forgets it.
SQLite: FTS5 tables without content, kept by triggers; a migration that writes ``messages`` or ``notes`` anew
(``batch_alter_table``) loses the triggers and must make them again. PostgreSQL: an index on an expression.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# table, its index, and which rows are in it: the assistant's answers are found by their procedures
_TABLES = (
    ("messages", "message_search", "{row}author IN ('citizen', 'staff') AND {row}text <> ''"),
    ("notes", "note_search", "{row}text <> ''"),
)
_PLAIN = "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd"
_MARKED = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
_UNSURE = sa.text("outcome IN ('not_found', 'clarify', 'unavailable')")
_COMBINING = "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323"


def upgrade() -> None:
    op.create_index("ix_messages_unsure", "messages", ["created_at"], sqlite_where=_UNSURE, postgresql_where=_UNSURE)
    if op.get_bind().dialect.name == "sqlite":
        for table, index, wanted in _TABLES:
            for statement in _sqlite(table, index, wanted):
                op.execute(statement)
        return
    op.execute(_FOLD)
    for table, index, wanted in _TABLES:
        op.execute(f"CREATE INDEX {index} ON {table} USING gin ({_VECTOR}) WHERE {wanted.format(row='')}")


def _sqlite(table: str, index: str, wanted: str) -> list[str]:
    old, new = (_folded(f"{row}.text") for row in ("old", "new"))
    was, will = wanted.format(row="old."), wanted.format(row="new.")
    remove = f"INSERT INTO {index} ({index}, rowid, text) SELECT 'delete', old.id, {old} WHERE {was}"
    add = f"INSERT INTO {index} (rowid, text) SELECT new.id, {new} WHERE {will}"
    changed = f"AFTER UPDATE OF text ON {table} WHEN old.text <> new.text"
    return [
        f"CREATE VIRTUAL TABLE {index} USING fts5"
        "(text, content='', detail=none, tokenize='unicode61 remove_diacritics 2')",
        f"INSERT INTO {index} (rowid, text) SELECT id, {_folded('text')} FROM {table} WHERE {wanted.format(row='')}",
        f"CREATE TRIGGER {index}_new AFTER INSERT ON {table} BEGIN {add}; END",
        f"CREATE TRIGGER {index}_gone AFTER DELETE ON {table} BEGIN {remove}; END",
        f"CREATE TRIGGER {index}_changed {changed} BEGIN {remove}; {add}; END",
    ]


def _folded(column: str) -> str:
    """FTS5 takes marks off letters; đ is a letter of its own."""
    return f"replace(replace({column}, 'đ', 'd'), 'Đ', 'd')"


_FOLD = (
    "CREATE FUNCTION search_fold(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT "
    f"regexp_replace(lower(translate(said, '{_MARKED}{_MARKED.upper()}{_COMBINING}', '{_PLAIN}{_PLAIN}')), "
    "'[^a-z0-9]+', ' ', 'g') $$"
)
_VECTOR = "to_tsvector('simple', search_fold(text))"


def downgrade() -> None:
    op.drop_index("ix_messages_unsure", "messages")
    if op.get_bind().dialect.name == "sqlite":
        for _, index, _ in _TABLES:
            for name in ("new", "gone", "changed"):
                op.execute(f"DROP TRIGGER {index}_{name}")
            op.execute(f"DROP TABLE {index}")
        return
    for _, index, _ in _TABLES:
        op.execute(f"DROP INDEX {index}")
    op.execute("DROP FUNCTION search_fold(text)")
