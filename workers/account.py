"""Build the account with the model: only in the worker that discovers, and only where there is a key."""

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from settings import Settings

if TYPE_CHECKING:
    from services.paid_calls import PaidCalls

_log = structlog.get_logger(__name__)


def open_account(chosen: Settings, database: Engine, clock: Callable[[], datetime.datetime]) -> "PaidCalls | None":
    """Return the account, its setting shown to operators; None without a key."""
    if chosen.openai_api_key is None:
        return None
    # Loaded where it is used: the client's library takes most of a second and 30 MB.
    from llm.model import Model
    from services.paid_calls import Caps, PaidCalls, Prices

    model = Model(
        chosen.llm_model,
        api_key=chosen.openai_api_key.get_secret_value(),
        base_url=chosen.openai_base_url,
        timeout=chosen.llm_timeout,
        most_tokens=chosen.llm_output_tokens,
    )
    caps = Caps(
        per_day=chosen.llm_calls_per_day,
        per_instance_per_day=chosen.llm_calls_per_instance_per_day,
        per_pattern_per_day=chosen.llm_calls_per_pattern_per_day,
        in_flight=chosen.llm_concurrency,
    )
    prices = Prices(prompt=chosen.llm_prompt_price, completion=chosen.llm_completion_price)
    account = PaidCalls(database, model, caps, clock, prices=prices)
    try:
        account.announce()
    except SQLAlchemyError as error:
        # Not migrated yet, or away: the first call says it again.
        _log.warning("the model's setting is not shown yet", error=str(error).splitlines()[0])
    return account
