"""notices about dossiers: who wants to be told of changes of which, and what they were told"""

import sqlalchemy as sa
from alembic import op

from knowledge import models

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_LIVE = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("since", models.UtcDateTime(), nullable=False),
        sa.Column("ended_at", models.UtcDateTime(), nullable=True),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("new_due_at", models.UtcDateTime(), nullable=True),
        sa.Column("reminded_for", models.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", models.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_subscriptions_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_conversation_id"), "subscriptions", ["conversation_id"])
    op.create_index(op.f("ix_subscriptions_ended_at"), "subscriptions", ["ended_at"])
    for name, columns, unique in (
        ("uq_subscriptions_live", ["conversation_id", "key"], True),
        ("ix_subscriptions_asked", ["source", "asked_at"], False),
        ("ix_subscriptions_key", ["key", "source"], False),
    ):
        op.create_index(name, "subscriptions", columns, unique=unique, sqlite_where=_LIVE, postgresql_where=_LIVE)
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("fact", sa.String(length=40), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", models.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_notices_subscription_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("subscription_id", "kind", "fact", name=op.f("uq_notices_subscription_id_kind_fact")),
    )
    op.create_index(op.f("ix_notices_at"), "notices", ["at"])


def downgrade() -> None:
    op.drop_table("notices")
    op.drop_table("subscriptions")
