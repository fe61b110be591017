"""What nobody knew, and what became of finding out."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "discoveries",
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type asked"),
        sa.Column("key", sa.Text(), nullable=False, comment="normalised name"),
        sa.Column("id", sa.Text(), nullable=False, comment="derived from type and key: what askers are told"),
        sa.Column("name", sa.Text(), nullable=False, comment="as it was spelled when it was asked for"),
        sa.Column("instance_id", sa.Text(), nullable=False, comment="on whose account it is; empty: anonymous"),
        sa.Column("trace", sa.Text(), nullable=False, comment="correlation id of the query that began it"),
        sa.Column("state", sa.Text(), nullable=False, comment="open, running, found or failed"),
        sa.Column("reason", sa.Text(), nullable=True, comment="code: why it failed or was put off"),
        sa.Column("message", sa.Text(), nullable=True, comment="one sentence for an operator, with the reason"),
        sa.Column("found_by", sa.Text(), nullable=True, comment="known, alias, same, facts or model"),
        sa.Column("slug", sa.Text(), nullable=True, comment="the pattern that was found"),
        sa.Column(
            "runs", sa.BigInteger(), nullable=False, comment="how often it was begun: only the last run may settle it"
        ),
        sa.Column("failures", sa.BigInteger(), nullable=False, comment="in a row: the pause grows with them"),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="open: not before; running: taken away then; failed: not asked about again before",
        ),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when it was last begun anew: older answers are not used",
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, comment="last change of state"),
        sa.PrimaryKeyConstraint("type", "key", name=op.f("pk_discoveries")),
        sa.UniqueConstraint("id", name=op.f("uq_discoveries_id")),
        comment="names that nobody knew, and what became of finding them out",
    )
    op.create_index(
        "ix_discoveries_due_at",
        "discoveries",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'running')"),
    )


def downgrade() -> None:
    op.drop_index("ix_discoveries_due_at", table_name="discoveries")
    op.drop_table("discoveries")
