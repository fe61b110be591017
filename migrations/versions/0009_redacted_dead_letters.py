"""Dead letters say whether secrets were taken out of them; those that are there already were kept as they came."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.alter_column(
        "dead_letters",
        "data",
        existing_type=sa.LargeBinary(),
        existing_nullable=False,
        comment="its bytes as received, but for secrets",
        existing_comment="its bytes as received",
    )
    op.add_column(
        "dead_letters",
        sa.Column(
            "redacted",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="secrets were taken out, so it is not to the byte what was sent",
        ),
    )


def downgrade() -> None:
    op.drop_column("dead_letters", "redacted")
    op.alter_column(
        "dead_letters",
        "data",
        existing_type=sa.LargeBinary(),
        existing_nullable=False,
        comment="its bytes as received",
        existing_comment="its bytes as received, but for secrets",
    )
