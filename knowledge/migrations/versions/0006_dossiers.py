"""dossiers: keys of codes, when they were last seen, copies of what other systems say, tries, consents"""

import sqlalchemy as sa
from alembic import op

from knowledge import models
from nlu.dossier_codes import match_key

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_DOSSIERS = sa.table("dossiers", *(sa.column(name) for name in ("id", "code", "key", "seen_at", "updated_at")))


def upgrade() -> None:
    with op.batch_alter_table("dossiers") as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("seen_at", models.UtcDateTime(), nullable=True))
    _fill()
    with op.batch_alter_table("dossiers") as batch_op:
        batch_op.alter_column("key", existing_type=sa.String(length=60), nullable=False)
        batch_op.alter_column("seen_at", existing_type=models.UtcDateTime(), nullable=False)
        batch_op.create_unique_constraint(op.f("uq_dossiers_key"), ["key"])
    op.create_table(
        "dossier_copies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("id_seal", sa.String(length=64), nullable=False),
        sa.Column("phone_seal", sa.String(length=64), nullable=False),
        sa.Column("fetched_at", models.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_copies")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_dossier_copies_source_key")),
    )
    op.create_index(op.f("ix_dossier_copies_fetched_at"), "dossier_copies", ["fetched_at"])
    op.create_table(
        "look_up_tries",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("last_at", models.UtcDateTime(), nullable=False),
        sa.Column("paused_until", models.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_look_up_tries")),
    )
    op.create_index(op.f("ix_look_up_tries_last_at"), "look_up_tries", ["last_at"])
    op.create_table(
        "proofs_in_hand",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("left_at", models.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_proofs_in_hand_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_proofs_in_hand")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("given_at", models.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_consents_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_conversation_id"), "consents", ["conversation_id"])


def _fill() -> None:
    connection = op.get_bind()
    connection.execute(sa.update(_DOSSIERS).values(seen_at=_DOSSIERS.c.updated_at))
    for row in connection.execute(sa.select(_DOSSIERS.c.id, _DOSSIERS.c.code)).all():
        connection.execute(sa.update(_DOSSIERS).where(_DOSSIERS.c.id == row.id).values(key=match_key(row.code)))


def downgrade() -> None:
    for table in ("consents", "proofs_in_hand", "look_up_tries", "dossier_copies"):
        op.drop_table(table)
    with op.batch_alter_table("dossiers") as batch_op:
        batch_op.drop_constraint(op.f("uq_dossiers_key"), type_="unique")
        batch_op.drop_column("seen_at")
        batch_op.drop_column("key")
