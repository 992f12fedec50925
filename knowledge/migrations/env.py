"""Alembic environment: one database, one metadata."""

from alembic import context

from knowledge.database import create_engine
from knowledge.models import Base

# The search index and the tables in which SQLite keeps it: migrations make them, no model has them.
_OWN = ("message_search", "note_search")


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    return kind not in ("table", "index") or not (name or "").startswith(_OWN)


def run() -> None:
    """Run migrations over a live connection."""
    engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            include_name=_is_ours,
            compare_type=True,
            user_module_prefix="models.",
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
