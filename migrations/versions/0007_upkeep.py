"""Where instances are, and figures over time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "figures",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="hour that it was taken in"),
        sa.Column("name", sa.Text(), nullable=False, comment="what is counted"),
        sa.Column("value", sa.Double(), nullable=False, comment="the figure"),
        sa.PrimaryKeyConstraint("at", "name", name=op.f("pk_figures")),
        comment="figures about the knowledge over time",
    )
    op.create_table(
        "instance_presence",
        sa.Column("instance_id", sa.Text(), nullable=False, comment="as it calls itself"),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), nullable=False, comment="when it last asked, to a minute or so"
        ),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True, comment="when it last asked for changes"),
        sa.Column("position", sa.BigInteger(), nullable=True, comment="the feed's number up to which it has them"),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_instance_presence")),
        comment="when instances were last heard of, and where in the feed they are",
    )
    op.create_index(
        "ix_patterns_type_merged_into",
        "patterns",
        ["type", "merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_patterns_type_merged_into", table_name="patterns", postgresql_where=sa.text("merged_into IS NOT NULL")
    )
    op.drop_table("instance_presence")
    op.drop_table("figures")
