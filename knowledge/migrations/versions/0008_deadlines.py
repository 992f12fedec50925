"""deadlines: dossiers that are late or soon due, the nights they were looked at, apologies with a new date

The index on the promised moment is of running dossiers alone, an expression, and so stands here and in no model.
"""

import sqlalchemy as sa
from alembic import op

from knowledge import models

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_RUNNING = sa.text("status IN (2, 4)")
_PROMISED = sa.text("coalesce(new_due_at, due_at)")
_IS_LIVE = sa.text("state <> 'rejected'")
_ORDER = ("rank", "field", "procedure_code", "due_at", "dossier_id")


def upgrade() -> None:
    op.create_index(
        "ix_dossiers_promised",
        "dossiers",
        [_PROMISED, sa.text("id")],
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    )
    op.create_table(
        "dossier_standings",
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("procedure_code", sa.String(length=20), nullable=False),
        sa.Column("procedure_name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("unit_code", sa.String(length=10), nullable=False),
        sa.Column("due_at", models.UtcDateTime(), nullable=False),
        sa.Column("computed_at", models.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossiers.id"], name=op.f("fk_dossier_standings_dossier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_dossier_standings")),
    )
    op.create_index("ix_dossier_standings_order", "dossier_standings", [*_ORDER])
    op.create_index("ix_dossier_standings_unit", "dossier_standings", ["unit", *_ORDER])
    op.create_index("ix_dossier_standings_unit_code", "dossier_standings", ["unit_code", *_ORDER])
    op.create_table(
        "standing_runs",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("started_at", models.UtcDateTime(), nullable=False),
        sa.Column("done_at", models.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_standing_runs")),
    )
    _apologies()


def _apologies() -> None:
    op.create_table(
        "apologies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", models.UtcDateTime(), nullable=False),
        sa.Column("new_due_at", models.UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("changed_at", models.UtcDateTime(), nullable=False),
        sa.Column("decided_at", models.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossiers.id"], name=op.f("fk_apologies_dossier_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_apologies_author_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_apologies_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apologies")),
    )
    op.create_index(op.f("ix_apologies_dossier_id"), "apologies", ["dossier_id"])
    op.create_index(op.f("ix_apologies_state"), "apologies", ["state"])
    op.create_index(
        "uq_apologies_live", "apologies", ["dossier_id"], unique=True, sqlite_where=_IS_LIVE, postgresql_where=_IS_LIVE
    )


def downgrade() -> None:
    for table in ("apologies", "standing_runs", "dossier_standings"):
        op.drop_table(table)
    op.drop_index("ix_dossiers_promised", "dossiers")
