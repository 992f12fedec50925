"""crowds: what providers send faster than it can be taken in, and outbox items that know their channel"""

import sqlalchemy as sa
from alembic import op

from knowledge import models

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spool",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", models.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spool")),
    )
    # those of the release before write no channel; it is filled in while items wait (bot/delivery/ledger.py)
    op.add_column("outbox", sa.Column("channel", sa.String(length=12), server_default="", nullable=False))
    op.create_index("ix_outbox_lane", "outbox", ["channel", "state", "id"])


def downgrade() -> None:
    op.drop_index("ix_outbox_lane", "outbox")
    op.drop_column("outbox", "channel")
    op.drop_table("spool")
