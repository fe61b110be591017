"""The client of CentralCloud, and the words that go over the wire.

Owns the subjects and the message types; the gateway and the workers read them from here. The names below load on
first use, so that reading a subject does not load the NATS library.
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from centralcloud_client.async_client import AsyncCentralPatternsClient as AsyncCentralPatternsClient
    from centralcloud_client.collect import Collected as Collected
    from centralcloud_client.errors import AddressError as AddressError
    from centralcloud_client.errors import CentralCloudError as CentralCloudError
    from centralcloud_client.errors import ClientClosedError as ClientClosedError
    from centralcloud_client.errors import NoAnswerError as NoAnswerError
    from centralcloud_client.errors import RefusedError as RefusedError
    from centralcloud_client.errors import StateError as StateError
    from centralcloud_client.errors import UnreachableError as UnreachableError
    from centralcloud_client.options import Options as Options
    from centralcloud_client.results import Changed as Changed
    from centralcloud_client.results import ClientStatus as ClientStatus
    from centralcloud_client.results import LearnOutcome as LearnOutcome
    from centralcloud_client.results import QueryResult as QueryResult
    from centralcloud_client.sync_client import CentralPatternsClient as CentralPatternsClient

#: Every public name and the module it lives in.
_HOMES: Final = {
    "AsyncCentralPatternsClient": "async_client",
    "CentralPatternsClient": "sync_client",
    "AddressError": "errors",
    "CentralCloudError": "errors",
    "ClientClosedError": "errors",
    "NoAnswerError": "errors",
    "RefusedError": "errors",
    "StateError": "errors",
    "UnreachableError": "errors",
    "Options": "options",
    "Changed": "results",
    "ClientStatus": "results",
    "LearnOutcome": "results",
    "QueryResult": "results",
    "Collected": "collect",
}
__all__ = [
    "AddressError",
    "AsyncCentralPatternsClient",
    "CentralCloudError",
    "CentralPatternsClient",
    "Changed",
    "ClientClosedError",
    "ClientStatus",
    "Collected",
    "LearnOutcome",
    "NoAnswerError",
    "Options",
    "QueryResult",
    "RefusedError",
    "StateError",
    "UnreachableError",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
