"""Who did what to patterns, and whose word counts no more."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "learns",
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when NATS took it: decides who spoke first",
        ),
    )
    # Learned names came to stand behind those that somebody vouches for.
    op.execute(
        "UPDATE pattern_names SET rank = rank + 2 FROM patterns"
        " WHERE patterns.id = pattern_names.pattern_id AND patterns.source = 'learn' AND rank IN (1, 2)"
    )
    op.create_index(
        "ix_patterns_merged_into",
        "patterns",
        ["type", "merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    _create_audit()
    _create_instances()
    _create_derivations()


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="counts on"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it was done"),
        sa.Column("actor", sa.Text(), nullable=False, comment="operator:NAME, or the job"),
        sa.Column("action", sa.Text(), nullable=False, comment="promote, merge, revoke and the like"),
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type; empty where no pattern is meant"),
        sa.Column("slug", sa.Text(), nullable=False, comment="pattern slug, or the instance"),
        sa.Column("seq", sa.BigInteger(), nullable=True, comment="the feed's number of the change it made"),
        sa.Column("revision", sa.BigInteger(), nullable=True, comment="the pattern's revision after it"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, in the actor's words"),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what else is to be known of it",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        comment="what operators and scheduled jobs did, and why",
    )
    op.create_index("ix_audit_type_slug", "audit", ["type", "slug"], unique=False)
    op.create_table(
        "pattern_revisions",
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type"),
        sa.Column("slug", sa.Text(), nullable=False, comment="pattern slug"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the feed's number of the change"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when the change was made"),
        sa.Column("op", sa.Text(), nullable=False, comment="upsert or retire"),
        sa.Column("body", sa.Text(), nullable=False, comment="the pattern as JSON text, as it was sent"),
        sa.PrimaryKeyConstraint("type", "slug", "seq", name=op.f("pk_pattern_revisions")),
        comment="the latest revisions of each pattern that the feed no longer holds",
        postgresql_with={"toast_tuple_target": 8160},
    )


def _create_instances() -> None:
    op.create_table(
        "revocations",
        sa.Column("instance_id", sa.Text(), nullable=False, comment="empty: all the anonymous"),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="what it said before stands; null: nothing does",
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            comment="rises with each change of this table: who remembers it looks here",
        ),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_revocations")),
        comment="instances whose word counts no more",
    )
    op.create_table(
        "instance_usage",
        sa.Column("instance_id", sa.Text(), nullable=False, comment="empty: all the anonymous"),
        sa.Column("day", sa.Date(), nullable=False, comment="UTC"),
        sa.Column("learns", sa.BigInteger(), nullable=False, comment="learns and feedback that were decided"),
        sa.PrimaryKeyConstraint("instance_id", "day", name=op.f("pk_instance_usage")),
        comment="learns a day of each instance, counted now and then",
    )


def _create_derivations() -> None:
    op.create_table(
        "derivations",
        sa.Column("pattern_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="which one"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="not before"),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="taught, or revoked: then mergers are looked into again"
        ),
        sa.ForeignKeyConstraint(
            ["pattern_id"],
            ["patterns.id"],
            name=op.f("fk_derivations_pattern_id_patterns"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("pattern_id", name=op.f("pk_derivations")),
        comment="patterns to be derived anew from what was said of them",
    )
    op.create_index("ix_derivations_due_at", "derivations", ["due_at"], unique=False)
    op.create_table(
        "findings",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="counts on"),
        sa.Column("pattern_id", sa.BigInteger(), nullable=False, comment="about which one"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the feed's number of the change it made"),
        sa.Column("said", sa.Text(), nullable=False, comment="the contribution as JSON text"),
        sa.ForeignKeyConstraint(
            ["pattern_id"], ["patterns.id"], name=op.f("fk_findings_pattern_id_patterns"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        comment="what was found out about patterns, as it was contributed",
    )
    op.create_index("ix_findings_pattern_id", "findings", ["pattern_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_findings_pattern_id", table_name="findings")
    op.drop_table("findings")
    op.drop_index("ix_derivations_due_at", table_name="derivations")
    for table in ("derivations", "instance_usage", "revocations", "pattern_revisions"):
        op.drop_table(table)
    op.drop_index("ix_audit_type_slug", table_name="audit")
    op.drop_table("audit")
    op.drop_index("ix_patterns_merged_into", table_name="patterns", postgresql_where=sa.text("merged_into IS NOT NULL"))
    op.execute("UPDATE pattern_names SET rank = rank - 2 WHERE rank > 2")
    op.drop_column("learns", "received_at")
