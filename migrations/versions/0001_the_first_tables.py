"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    _create_learns()
    _create_feed()
    _create_patterns()
    _create_indexes()
    _create_others()


def downgrade() -> None:
    op.drop_index("ix_pattern_support_rejected", table_name="pattern_support", postgresql_where=sa.text("rejected > 0"))
    op.drop_index("ix_pattern_support_pattern_id_codebase_id", table_name="pattern_support")
    op.drop_table("pattern_support")
    op.drop_index("ix_pattern_names_pattern_id", table_name="pattern_names")
    op.drop_table("pattern_names")
    op.drop_index("ix_pattern_keys_pattern_id", table_name="pattern_keys")
    op.drop_table("pattern_keys")
    op.drop_index("ix_templates_seq", table_name="templates")
    op.drop_table("templates")
    op.drop_table("statistics")
    op.drop_index("ix_patterns_search", table_name="patterns", postgresql_using="gin")
    op.drop_table("patterns")
    op.drop_table("misses")
    op.drop_index("ix_learns_type_slug", table_name="learns")
    op.drop_index("ix_learns_instance_id", table_name="learns")
    op.drop_table("learns")
    op.drop_table("learn_conflicts")
    op.drop_table("learn_attempts")
    op.drop_table("feed_head")
    op.drop_index("ix_feed_type_slug", table_name="feed")
    op.drop_table("feed")
    op.drop_table("dead_letters")


def _create_learns() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="what the operator names"),
        sa.Column("learn_id", sa.Text(), nullable=False, comment="as in learns"),
        sa.Column("subject", sa.Text(), nullable=False, comment="NATS subject it came on"),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="its headers"),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="its bytes as received"),
        sa.Column("attempts", sa.BigInteger(), nullable=False, comment="failures before it was given up"),
        sa.Column("error", sa.Text(), nullable=False, comment="the last failure"),
        sa.Column(
            "died_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when the row was written",
        ),
        sa.Column("retried_at", sa.DateTime(timezone=True), nullable=True, comment="when an operator sent it again"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
        comment="learns that failed too often",
    )
    op.create_table(
        "learn_attempts",
        sa.Column("learn_id", sa.Text(), nullable=False, comment="as in learns"),
        sa.Column("body_hash", sa.Text(), nullable=False, comment="as in learns"),
        sa.Column("attempts", sa.BigInteger(), nullable=False, comment="failures so far"),
        sa.Column("error", sa.Text(), nullable=False, comment="the last failure"),
        sa.Column(
            "failed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when the row was written",
        ),
        sa.PrimaryKeyConstraint("learn_id", "body_hash", name=op.f("pk_learn_attempts")),
        comment="failed attempts of messages that ran alone",
    )
    op.create_table(
        "learn_conflicts",
        sa.Column("learn_id", sa.Text(), nullable=False, comment="the id that was taken"),
        sa.Column("body_hash", sa.Text(), nullable=False, comment="sha256 of the refused body"),
        sa.Column("instance_id", sa.Text(), nullable=False, comment="who sent it"),
        sa.Column(
            "refused_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when the row was written",
        ),
        sa.PrimaryKeyConstraint("learn_id", "body_hash", name=op.f("pk_learn_conflicts")),
        comment="bodies refused because their learn_id was taken",
    )
    op.create_table(
        "learns",
        sa.Column("learn_id", sa.Text(), nullable=False, comment="given by the instance, or the body's sha256"),
        sa.Column(
            "body_hash",
            sa.Text(),
            nullable=False,
            comment="sha256 of the body as received: tells a repeat from a conflict",
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="learn or feedback"),
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type the subject named"),
        sa.Column("instance_id", sa.Text(), nullable=False, comment="empty: anonymous"),
        sa.Column("codebase_id", sa.Text(), nullable=False, comment="empty: not told"),
        sa.Column("state", sa.Text(), nullable=False, comment="applied or rejected"),
        sa.Column("code", sa.Text(), nullable=True, comment="error code when rejected"),
        sa.Column("message", sa.Text(), nullable=True, comment="one sentence when rejected"),
        sa.Column("slug", sa.Text(), nullable=True, comment="the pattern it went into"),
        sa.Column("seq", sa.BigInteger(), nullable=True, comment="the feed's number of the change it was part of"),
        sa.Column("body", sa.Text(), nullable=True, comment="the message re-encoded as JSON; null when unreadable"),
        sa.Column(
            "decided_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when the row was written",
        ),
        sa.PrimaryKeyConstraint("learn_id", name=op.f("pk_learns")),
        comment="every learn and feedback that was decided upon",
    )
    op.create_index("ix_learns_instance_id", "learns", ["instance_id"], unique=False)
    op.create_index("ix_learns_type_slug", "learns", ["type", "slug"], unique=False)


def _create_feed() -> None:
    op.create_table(
        "feed",
        sa.Column(
            "seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="global, gapless, in commit order"
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="pattern or template"),
        sa.Column("op", sa.Text(), nullable=False, comment="upsert or retire"),
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type; empty for templates"),
        sa.Column("slug", sa.Text(), nullable=False, comment="pattern slug or template name"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when the change was made"),
        sa.Column("hash", sa.Text(), nullable=False, comment="sha256 of the body, lower hex"),
        sa.Column("body", sa.Text(), nullable=False, comment="the pattern or template as JSON text, ready to send"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_feed")),
        comment="all changes in commit order",
        postgresql_with={"toast_tuple_target": 8160},
    )
    op.create_index("ix_feed_type_slug", "feed", ["type", "slug"], unique=False)
    op.create_table(
        "feed_head",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column(
            "epoch", sa.Text(), nullable=False, comment="the feed's life: renewed when stream and table cannot agree"
        ),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="number of the last change"),
        sa.CheckConstraint("id = 1", name=op.f("ck_feed_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_head")),
        comment="head of the feed: one row",
    )
    op.execute("INSERT INTO feed_head (id, epoch, seq) VALUES (1, replace(gen_random_uuid()::text, '-', ''), 0)")


def _create_patterns() -> None:
    op.create_table(
        "patterns",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="internal; never leaves the database"),
        sa.Column("type", sa.Text(), nullable=False, comment="framework, technology, microservice or code"),
        sa.Column("slug", sa.Text(), nullable=False, comment="identity within the type"),
        sa.Column("name", sa.Text(), nullable=False, comment="display name"),
        sa.Column("state", sa.Text(), nullable=False, comment="candidate, active or deprecated"),
        sa.Column("confidence", sa.Double(), nullable=False, comment="P(the pattern is real and right), 0..1"),
        sa.Column("category", sa.Text(), nullable=True, comment="family within the type"),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False, comment="languages it belongs to"),
        sa.Column("revision", sa.BigInteger(), nullable=False, comment="rises by one with each change"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the feed's number of the last change"),
        sa.Column("retired", sa.Boolean(), server_default="false", nullable=False, comment="no longer answered"),
        sa.Column("merged_into", sa.Text(), nullable=True, comment="slug of the pattern that took its place"),
        sa.Column("source", sa.Text(), nullable=False, comment="where it first came from: catalogue, learn, operator"),
        sa.Column("document", sa.Text(), nullable=False, comment="the pattern as JSON text, ready to send"),
        sa.Column("words", sa.Text(), nullable=False, comment="text that search looks through"),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('english', words)", persisted=True),
            nullable=False,
            comment="index of words",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when the row was written",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="time of the last change",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patterns")),
        sa.UniqueConstraint("type", "slug", name=op.f("uq_patterns_type_slug")),
        comment="every pattern's latest revision",
        postgresql_with={"toast_tuple_target": 8160, "fillfactor": 70},
    )
    op.create_index("ix_patterns_search", "patterns", ["search"], unique=False, postgresql_using="gin")


def _create_indexes() -> None:
    op.create_table(
        "pattern_keys",
        sa.Column("key", sa.Text(), nullable=False, comment="indicator key"),
        sa.Column("pattern_id", sa.BigInteger(), nullable=False, comment="whose it is"),
        sa.ForeignKeyConstraint(
            ["pattern_id"], ["patterns.id"], name=op.f("fk_pattern_keys_pattern_id_patterns"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", "pattern_id", name=op.f("pk_pattern_keys")),
        comment="inverted index of indicators",
    )
    op.create_index("ix_pattern_keys_pattern_id", "pattern_keys", ["pattern_id"], unique=False)
    op.create_table(
        "pattern_names",
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type"),
        sa.Column("key", sa.Text(), nullable=False, comment="normalised slug, name or alias"),
        sa.Column("pattern_id", sa.BigInteger(), nullable=False, comment="whose it is"),
        sa.Column("rank", sa.BigInteger(), nullable=False, comment="0 slug, 1 name, 2 alias: lower answers first"),
        sa.ForeignKeyConstraint(
            ["pattern_id"], ["patterns.id"], name=op.f("fk_pattern_names_pattern_id_patterns"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("type", "key", "pattern_id", name=op.f("pk_pattern_names")),
        comment="names, in normalised form",
    )
    op.create_index("ix_pattern_names_pattern_id", "pattern_names", ["pattern_id"], unique=False)
    op.create_table(
        "pattern_support",
        sa.Column("pattern_id", sa.BigInteger(), nullable=False, comment="whose it is"),
        sa.Column("instance_id", sa.Text(), nullable=False, comment="empty: anonymous, counted as one instance"),
        sa.Column("codebase_id", sa.Text(), nullable=False, comment="empty: not told"),
        sa.Column("confirmed", sa.BigInteger(), nullable=False, comment="1 when taught or confirmed"),
        sa.Column("rejected", sa.BigInteger(), nullable=False, comment="1 when rejected by feedback"),
        sa.ForeignKeyConstraint(
            ["pattern_id"], ["patterns.id"], name=op.f("fk_pattern_support_pattern_id_patterns"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pattern_id", "instance_id", "codebase_id", name=op.f("pk_pattern_support")),
        comment="who speaks for and against a pattern, from which codebases",
    )
    op.create_index(
        "ix_pattern_support_pattern_id_codebase_id", "pattern_support", ["pattern_id", "codebase_id"], unique=False
    )
    op.create_index(
        "ix_pattern_support_rejected",
        "pattern_support",
        ["pattern_id"],
        unique=False,
        postgresql_where=sa.text("rejected > 0"),
    )


def _create_others() -> None:
    op.create_table(
        "misses",
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type asked"),
        sa.Column("key", sa.Text(), nullable=False, comment="normalised name"),
        sa.Column("name", sa.Text(), nullable=False, comment="as it was first spelled"),
        sa.Column("asked", sa.BigInteger(), nullable=False, comment="how often it reached the database"),
        sa.Column(
            "first_asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when the row was written",
        ),
        sa.Column(
            "last_asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="most recently",
        ),
        sa.PrimaryKeyConstraint("type", "key", name=op.f("pk_misses")),
        comment="unknown names that were asked for",
    )
    op.create_table(
        "statistics",
        sa.Column("name", sa.Text(), nullable=False, comment="what is counted"),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="the figure"),
        sa.Column(
            "computed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when the row was written",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_statistics")),
        comment="latest figures about the knowledge",
    )
    op.create_table(
        "templates",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="internal"),
        sa.Column("name", sa.Text(), nullable=False, comment="what it is asked for by"),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="counts from 1 within the name"),
        sa.Column("kind", sa.Text(), nullable=False, comment="prompt, code or the like"),
        sa.Column("language", sa.Text(), nullable=True, comment="programming language, where it has one"),
        sa.Column("description", sa.Text(), nullable=True, comment="one line"),
        sa.Column("variables", postgresql.ARRAY(sa.Text()), nullable=False, comment="placeholders to fill in"),
        sa.Column("body", sa.Text(), nullable=False, comment="the template's text"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the feed's number of this version"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="when the row was written",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_templates_name_version")),
        comment="prompt and code templates, every version",
    )
    op.create_index("ix_templates_seq", "templates", ["seq"], unique=False)
