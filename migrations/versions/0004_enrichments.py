"""What was enriched, and when it is due again; and who wrote a template."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "templates",
        sa.Column(
            "source",
            sa.Text(),
            server_default="operator",
            nullable=False,
            comment="operator, or shipped with the product",
        ),
    )
    op.create_table(
        "enrichments",
        sa.Column("pattern_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="which one"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, running, done or failed"),
        sa.Column("reason", sa.Text(), nullable=True, comment="code: why it failed or was put off"),
        sa.Column("message", sa.Text(), nullable=True, comment="one sentence for an operator, with the reason"),
        sa.Column(
            "wanted", sa.Text(), nullable=False, comment="digest of what was taught when it was last found to be due"
        ),
        sa.Column("call_id", sa.Text(), nullable=True, comment="the last paid call"),
        sa.Column(
            "runs", sa.BigInteger(), nullable=False, comment="how often it was begun: only the last run may settle it"
        ),
        sa.Column("failures", sa.BigInteger(), nullable=False, comment="in a row: the pause grows with them"),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="waiting: not before; running: taken away then",
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="last change of state",
        ),
        sa.ForeignKeyConstraint(
            ["pattern_id"],
            ["patterns.id"],
            name=op.f("fk_enrichments_pattern_id_patterns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pattern_id", name=op.f("pk_enrichments")),
        comment="learned candidates that a model may be asked about",
    )
    op.create_index(
        "ix_enrichments_due_at",
        "enrichments",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_enrichments_due_at",
        table_name="enrichments",
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.drop_table("enrichments")
    op.drop_column("templates", "source")
