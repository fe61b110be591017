"""Keys tell who vouches for their pattern: a key that too many share brings only what is curated."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "pattern_keys",
        sa.Column(
            "learned",
            sa.Boolean(),
            server_default="true",
            nullable=False,
            comment="no catalogue and no operator vouches for the pattern",
        ),
    )
    op.execute(
        "UPDATE pattern_keys SET learned = false FROM patterns"
        " WHERE patterns.id = pattern_id AND patterns.source IN ('catalogue', 'operator')"
    )
    op.drop_constraint(op.f("pk_pattern_keys"), "pattern_keys", type_="primary")
    op.create_primary_key(op.f("pk_pattern_keys"), "pattern_keys", ["key", "learned", "pattern_id"])


def downgrade() -> None:
    op.drop_constraint(op.f("pk_pattern_keys"), "pattern_keys", type_="primary")
    op.create_primary_key(op.f("pk_pattern_keys"), "pattern_keys", ["key", "pattern_id"])
    op.drop_column("pattern_keys", "learned")
