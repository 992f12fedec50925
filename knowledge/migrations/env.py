"""Alembic environment: one database, one metadata."""

from alembic import context

from knowledge.database import create_engine
from knowledge.models import Base


def run() -> None:
    """Run migrations over a live connection."""
    engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            user_module_prefix="models.",
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
