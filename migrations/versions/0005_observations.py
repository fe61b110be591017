"""What detections saw, and what is mined from it: the index, runs, proposals and trends."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "indicator_proposals",
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type"),
        sa.Column("slug", sa.Text(), nullable=False, comment="pattern"),
        sa.Column("fact", sa.Text(), nullable=False, comment="key that evidence yields"),
        sa.Column("codebases", sa.BigInteger(), nullable=False, comment="that have both"),
        sa.Column("instances", sa.BigInteger(), nullable=False, comment="independent ones that saw both"),
        sa.Column(
            "precision", sa.Double(), nullable=False, comment="share of those with the fact that have the pattern"
        ),
        sa.Column("recall", sa.Double(), nullable=False, comment="share of those with the pattern that have the fact"),
        sa.PrimaryKeyConstraint("type", "slug", "fact", name=op.f("pk_indicator_proposals")),
        comment="facts that would tell a pattern, as measured",
    )
    op.create_table(
        "mined_codebases",
        sa.Column("number", sa.BigInteger(), nullable=False, comment="its place in rows of bits"),
        sa.Column("codebase_id", sa.Text(), nullable=False, comment="as in observations"),
        sa.Column("items", postgresql.ARRAY(sa.BigInteger()), nullable=False, comment="ids of its items, sorted"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_mined_codebases")),
        sa.UniqueConstraint("codebase_id", name=op.f("uq_mined_codebases_codebase_id")),
        comment="codebases as they were last counted",
    )
    op.create_table(
        "mined_items",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="its number in mined_codebases"),
        sa.Column("kind", sa.Text(), nullable=False, comment="pattern, fired, unknown, fact, instance or week"),
        sa.Column("key", sa.Text(), nullable=False, comment="what it is, by its kind"),
        sa.Column("codebases", sa.BigInteger(), nullable=False, comment="how many have it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mined_items")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_mined_items_kind_key")),
        comment="what codebases were seen to have",
    )
    op.create_table(
        "observation_news",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="tells repeated news apart"),
        sa.Column("codebase_id", sa.Text(), nullable=False, comment="as in observations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation_news")),
        comment="codebases whose observations changed since they were mined",
    )
    op.create_table(
        "observations",
        sa.Column("codebase_id", sa.Text(), nullable=False, comment="as the instance names it"),
        sa.Column("instance_id", sa.Text(), nullable=False, comment="who looked; empty: anonymous"),
        sa.Column("pattern_set", sa.Text(), nullable=False, comment="digest of the patterns that were found"),
        sa.Column("content", sa.Text(), nullable=False, comment="digest of all items"),
        sa.Column(
            "items",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="patterns, what fired, unknown packages, facts",
        ),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False, comment="since when it is seen so"),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True, comment="when another set took its place"),
        sa.PrimaryKeyConstraint("codebase_id", "instance_id", "pattern_set", name=op.f("pk_observations")),
        comment="what was seen in codebases, by whom",
    )
    op.create_index("ix_observations_instance_id", "observations", ["instance_id"], unique=False)
    op.create_index(
        "ix_observations_observed_at", "observations", ["observed_at"], unique=False, postgresql_using="brin"
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="in order of their ends"),
        sa.Column("job", sa.Text(), nullable=False, comment="what was run"),
        sa.Column("state", sa.Text(), nullable=False, comment="done or failed"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="by the worker's clock"),
        sa.Column("seconds", sa.Double(), nullable=False, comment="how long it took"),
        sa.Column("looked_at", sa.BigInteger(), nullable=False, comment="how many things it looked at"),
        sa.Column("changed", sa.BigInteger(), nullable=False, comment="how many things it changed"),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="counts by kind, or the error"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        comment="what scheduled jobs did",
    )
    op.create_index("ix_runs_job_started_at", "runs", ["job", "started_at"], unique=False)
    op.create_table(
        "trends",
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type"),
        sa.Column("slug", sa.Text(), nullable=False, comment="pattern"),
        sa.Column("direction", sa.Text(), nullable=False, comment="rising or fading"),
        sa.Column("lately", sa.Double(), nullable=False, comment="its share of codebases seen lately"),
        sa.Column("before", sa.Double(), nullable=False, comment="its share of codebases seen before"),
        sa.Column("score", sa.Double(), nullable=False, comment="standard deviations between both"),
        sa.PrimaryKeyConstraint("type", "slug", name=op.f("pk_trends")),
        comment="rising and fading patterns",
    )
    op.create_table(
        "unknown_packages",
        sa.Column("purl", sa.Text(), nullable=False, comment="without version"),
        sa.Column("codebases", sa.BigInteger(), nullable=False, comment="distinct ones that use it"),
        sa.Column("instances", sa.BigInteger(), nullable=False, comment="independent ones that saw it"),
        sa.Column("rank", sa.Double(), nullable=False, comment="what it is ordered by"),
        sa.Column(
            "beside",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="patterns it comes with: type, slug, share, lift",
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True, comment="when discovery was told of it"),
        sa.PrimaryKeyConstraint("purl", name=op.f("pk_unknown_packages")),
        comment="packages that codebases use and nobody knows, ranked",
    )
    op.create_table(
        "mined_bits",
        sa.Column("item_id", sa.BigInteger(), nullable=False, comment="which item"),
        sa.Column("part", sa.BigInteger(), nullable=False, comment="numbers from part times 65536 on"),
        sa.Column(
            "bits", sa.LargeBinary(), nullable=False, comment="bit n of byte m: number 8 m + n of the part has it"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["mined_items.id"], name=op.f("fk_mined_bits_item_id_mined_items"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "part", name=op.f("pk_mined_bits")),
        comment="which codebases have an item, as rows of bits",
    )


def downgrade() -> None:
    op.drop_table("mined_bits")
    op.drop_table("unknown_packages")
    op.drop_table("trends")
    op.drop_index("ix_runs_job_started_at", table_name="runs")
    op.drop_table("runs")
    op.drop_index("ix_observations_observed_at", table_name="observations", postgresql_using="brin")
    op.drop_index("ix_observations_instance_id", table_name="observations")
    op.drop_table("observations")
    op.drop_table("observation_news")
    op.drop_table("mined_items")
    op.drop_table("mined_codebases")
    op.drop_table("indicator_proposals")
