"""The engine of one process: pool, timeouts, and checks that a connection still stands."""

from sqlalchemy import Engine, create_engine

#: Milliseconds a statement, a lock and an idle transaction may take, by what the process does.
_TIMEOUTS = {
    "lookup": (2_000, 1_000, 5_000),
    "detect": (10_000, 1_000, 10_000),
    "learn": (20_000, 10_000, 20_000),
}
_OTHERS = (120_000, 10_000, 60_000)


def build_engine(url: str, role: str, *, pool_size: int = 4) -> Engine:
    """Return an engine whose sessions carry the timeouts of the role; connects on first use."""
    statement, lock, idle = _TIMEOUTS.get(role, _OTHERS)
    options = (
        f"-c statement_timeout={statement} -c lock_timeout={lock} -c idle_in_transaction_session_timeout={idle}"
        " -c timezone=UTC -c jit=off"
    )
    reads_only = role == "lookup"
    if reads_only:
        # A prepared lookup is planned once, not each time: its plan is the same for every name.
        options += " -c plan_cache_mode=force_generic_plan"
    return create_engine(
        url,
        # Single statements that only read: no BEGIN, no ROLLBACK, and who finds a dead connection asks again.
        isolation_level="AUTOCOMMIT" if reads_only else None,
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=5,
        pool_pre_ping=not reads_only,
        pool_reset_on_return=None if reads_only else "rollback",
        # What instances sent has no place in logs, whatever a statement does with it.
        hide_parameters=True,
        connect_args={
            "options": options,
            "application_name": f"centralcloud-{role}",
            "connect_timeout": 3,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )
