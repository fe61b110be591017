"""Calls to a model that cost money, and their ledger."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    _create_calls()
    op.create_index("ix_llm_calls_day", "llm_calls", ["day"], unique=False)
    op.create_index(
        "ix_llm_calls_open",
        "llm_calls",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state IN ('reserved', 'sent')"),
    )
    _create_control()


def downgrade() -> None:
    op.drop_table("llm_control")
    op.drop_index("ix_llm_calls_open", table_name="llm_calls")
    op.drop_index("ix_llm_calls_day", table_name="llm_calls")
    op.drop_table("llm_calls")


def _create_calls() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "llm_calls",
        sa.Column("id", sa.Text(), nullable=False, comment="what provenance names the call by"),
        sa.Column("model", sa.Text(), nullable=False, comment="model as configured"),
        sa.Column("template", sa.Text(), nullable=False, comment="prompt template's name"),
        sa.Column("template_version", sa.BigInteger(), nullable=False, comment="prompt template's version"),
        sa.Column("input_hash", sa.Text(), nullable=False, comment="sha256 of prompt and output schema, lower hex"),
        sa.Column("attempt", sa.BigInteger(), nullable=False, comment="counts from 1 within the question"),
        sa.Column("repair", sa.Boolean(), nullable=False, comment="asks to mend an answer that did not validate"),
        sa.Column("purpose", sa.Text(), nullable=False, comment="discovery or enrichment"),
        sa.Column("type", sa.Text(), nullable=False, comment="pattern type it is about"),
        sa.Column("key", sa.Text(), nullable=False, comment="normalised name or slug it is about"),
        sa.Column(
            "instance_id", sa.Text(), nullable=False, comment="whose asking caused it; empty: nobody in particular"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="reserved, sent, done or failed"),
        sa.Column("day", sa.Date(), nullable=False, comment="day (UTC) whose caps it counts against"),
        sa.Column("owner", sa.Text(), nullable=False, comment="token of whoever holds the lease"),
        sa.Column("lease_until", time, nullable=False, comment="until then nobody else takes it"),
        sa.Column("reserved_at", time, nullable=False, comment="when its budget was reserved"),
        sa.Column("sent_at", time, nullable=True, comment="when it was about to leave"),
        sa.Column("ended_at", time, nullable=True, comment="when its outcome was known"),
        sa.Column(
            "paid", sa.Boolean(), nullable=False, comment="counts against the caps: paid, reserved, or perhaps paid"
        ),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False, comment="as the server counted"),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False, comment="as the server counted"),
        sa.Column("cost", sa.Numeric(precision=18, scale=8), nullable=False, comment="tokens by the prices then set"),
        sa.Column("served_by", sa.Text(), nullable=True, comment="model as the server named it"),
        sa.Column("output", sa.Text(), nullable=True, comment="the validated answer as JSON text"),
        sa.Column("raw", sa.Text(), nullable=True, comment="an answer that did not validate, cut, as a JSON string"),
        sa.Column("code", sa.Text(), nullable=True, comment="one word when failed"),
        sa.Column("error", sa.Text(), nullable=True, comment="what went wrong when failed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_llm_calls")),
        sa.UniqueConstraint(
            "model", "template", "template_version", "input_hash", "attempt", name="uq_llm_calls_question_attempt"
        ),
        comment="calls to a model that cost money, one row an attempt",
    )


def _create_control() -> None:
    time = sa.DateTime(timezone=True)
    setting = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "llm_control",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column(
            "stopped", sa.Boolean(), server_default="false", nullable=False, comment="an operator lets no call leave"
        ),
        sa.Column("stopped_at", time, nullable=True, comment="since when"),
        sa.Column("stopped_why", sa.Text(), nullable=True, comment="the operator's reason"),
        sa.Column(
            "failures",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="failures of the server since it last answered",
        ),
        sa.Column(
            "trips",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="times the breaker opened since then",
        ),
        sa.Column("open_until", time, nullable=True, comment="no call before then, while the breaker is open"),
        sa.Column("probe", sa.Text(), nullable=True, comment="id of the one call that tries an open breaker"),
        sa.Column("last_failure", sa.Text(), nullable=True, comment="what the server's last failure was"),
        sa.Column("setting", setting, nullable=True, comment="model, server and caps as a worker runs them"),
        sa.CheckConstraint("id = 1", name=op.f("ck_llm_control_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_llm_control")),
        comment="switch and breaker of paid calls: one row",
    )
