"""How alembic reaches the database: one connection, an advisory lock, and short lock timeouts.

Migrations run beside live processes: one that cannot get its table locks in seconds fails instead of queueing everyone
behind it.
"""

from alembic import context
from sqlalchemy import create_engine, pool, text

import models.audit
import models.derivations
import models.discoveries
import models.enrichments
import models.feed
import models.figures
import models.findings
import models.instances
import models.learns
import models.llm_calls
import models.llm_control
import models.mined
import models.misses
import models.observations
import models.patterns
import models.presence
import models.proposals
import models.revisions
import models.runs
import models.statistics
import models.templates  # noqa: F401  every aggregate registers its tables
from models.base import Base

#: Any constant will do, as long as nobody else uses it: "cc" and "migrate" in telephone digits.
ADVISORY_LOCK = 22_6447_283


def run() -> None:
    """Run the steps that were asked for."""
    url = context.config.attributes["database_url"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text("SET statement_timeout = '15min'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
