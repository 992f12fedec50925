"""tokens of channels"""

import sqlalchemy as sa
from alembic import op

from knowledge import models

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_tokens",
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("renew_at", models.UtcDateTime(), nullable=True),
        sa.Column("busy_until", models.UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=40), nullable=False),
        sa.Column("seeds", sa.JSON(), nullable=False),
        sa.Column("echoed_at", models.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_tokens")),
    )


def downgrade() -> None:
    op.drop_table("channel_tokens")
