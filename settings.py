"""The settings of every process, read from the environment (`CENTRALCLOUD_*`) once at its start.

Owns names, defaults and validation. Read by cli, stack, workers, gateway, migrations and celeryconfig only: rooms below
are handed the values they need.
"""

import os
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent


class Settings(BaseSettings):
    """Where the servers are and what is allowed; every field has a default that suits a laptop."""

    model_config = SettingsConfigDict(
        env_prefix="CENTRALCLOUD_",
        extra="ignore",
        populate_by_name=True,
        # What is wrong may be a secret.
        hide_input_in_errors=True,
    )

    nats_url: str = "nats://127.0.0.1:4222"
    #: Credentials of the centre's own NATS user; instances need none.
    nats_user: str = "centre"
    nats_password: SecretStr | None = None
    redis_url: str = "redis://127.0.0.1:6379/0"
    database_url: str = "postgresql+psycopg2://centralcloud@127.0.0.1:5432/centralcloud"
    flower_url: str = "http://127.0.0.1:5555"

    #: Directories that `path` queries may read, separated as in PATH. Empty: none.
    codebase_roots: Annotated[tuple[Path, ...], NoDecode] = ()

    #: Address of the process's own /metrics, /live and /ready; port 0 switches them off.
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)
    #: Name of this process in logs, metrics and Flower.
    process_name: str = "centralcloud"
    log_level: str = "INFO"
    log_format: str = Field(default="json", pattern="^(json|text)$")

    #: Entries and bytes the gateway's knowledge cache may hold.
    cache_entries: int = Field(default=100_000, gt=0)
    cache_bytes: int = Field(default=128 * 1024 * 1024, gt=0)

    #: Bytes stream LEARN may hold before publishers are refused.
    learn_stream_bytes: int = Field(default=4 * 1024**3, gt=0)

    #: What makes a claim active: so many independent instances, and at least this sure; nothing that fewer say, for or
    #: against, changes what is active already. And what makes it deprecated: so many that reject it, and no surer than
    #: this.
    active_instances: int = Field(default=3, ge=1)
    active_confidence: float = Field(default=0.7, ge=0, le=1)
    deprecated_instances: int = Field(default=3, ge=1)
    deprecated_confidence: float = Field(default=0.3, ge=0, le=1)
    #: Levels of agreement, the lowest first: instances and how sure, as `2:0.7 3:0.8 5:0.9`.
    consensus_ladder: Annotated[tuple[tuple[int, float], ...], NoDecode] = ((2, 0.7), (3, 0.8), (5, 0.9))
    #: Learns and feedback that are taken of one instance in one day (UTC).
    learns_per_instance_per_day: int = Field(default=2_000_000, ge=0)

    #: Model and key for discovery; without a key the centre answers `discovery_disabled`.
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key")
    )
    openai_base_url: str | None = Field(
        default=None, validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url")
    )
    llm_model: str = "gpt-5-mini"
    #: Most tokens of one answer, and seconds a call may take altogether.
    llm_output_tokens: int = Field(default=8_192, gt=0)
    llm_timeout: float = Field(default=60.0, gt=0, le=240)
    #: Most paid calls in one day (UTC): altogether, caused by one instance, about one pattern; and most at one time.
    llm_calls_per_day: int = Field(default=500, ge=0)
    llm_calls_per_instance_per_day: int = Field(default=200, ge=0)
    llm_calls_per_pattern_per_day: int = Field(default=6, ge=0)
    llm_concurrency: int = Field(default=8, gt=0)
    #: Money per million tokens, in whatever currency; 0: cost is not computed.
    llm_prompt_price: Decimal = Field(default=Decimal(0), ge=0)
    llm_completion_price: Decimal = Field(default=Decimal(0), ge=0)
    #: Package indexes that may be asked about names, off by default: `npm=https://… pypi=https://…`. Names that are
    #: asked for leave the house.
    package_indexes: Annotated[dict[str, str], NoDecode] = {}
    #: Whether discovery is on, for processes that must not hold the key: the gateway says so in its answers.
    discovery: bool = False

    #: Prior of the weight of indicators that nobody curates, and how many codebases every prior weighs.
    weight_prior: float = Field(default=0.8, gt=0, lt=1)
    weight_prior_strength: float = Field(default=10.0, gt=0)
    #: When two patterns are one: similarity of their names, share of indicators, share of codebases together, and
    #: codebases and independent instances that must have shown it.
    duplicate_names: float = Field(default=0.85, gt=0.5, le=1)
    duplicate_indicators: float = Field(default=0.5, gt=0, le=1)
    duplicate_together: float = Field(default=0.8, gt=0, le=1)
    duplicate_codebases: int = Field(default=3, gt=0)
    duplicate_instances: int = Field(default=3, gt=0)
    #: Days without a word or a sighting after which a claim of instances is taken out of service.
    stale_days: int = Field(default=90, gt=0)
    #: Independent instances that must stand behind whatever mining tells.
    mining_instances: int = Field(default=3, gt=0)
    #: Codebases that use an unknown package before discovery is told of it.
    mining_package_codebases: int = Field(default=3, gt=0)
    #: What makes a stack: codebases, their share of all, and how many times as often as by chance.
    mining_stack_codebases: int = Field(default=5, gt=0)
    mining_stack_share: float = Field(default=0.005, ge=0, le=1)
    mining_stack_lift: float = Field(default=1.5, gt=1)
    #: What makes a fact an indicator worth proposing.
    mining_precision: float = Field(default=0.95, gt=0, le=1)
    mining_recall: float = Field(default=0.8, gt=0, le=1)
    #: Weeks that count as lately for trends.
    mining_recent_weeks: int = Field(default=4, gt=0)
    #: Observations that are kept: of one instance, and of all.
    observations_per_instance: int = Field(default=100_000, gt=0)
    #: Observations that are taken of one instance in one day (UTC); what it shows beyond is answered and not kept.
    observations_per_instance_per_day: int = Field(default=50_000, ge=0)
    observations_kept: int = Field(default=2_000_000, gt=0)

    @field_validator("codebase_roots", mode="before")
    @classmethod
    def _split_roots(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(Path(part) for part in value.split(os.pathsep) if part)
        return value

    @field_validator("package_indexes", mode="before")
    @classmethod
    def _split_indexes(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.replace(",", " ").split()]
        for _name, _sign, address in pairs:
            if urlsplit(address).scheme not in {"http", "https"} or not urlsplit(address).hostname:
                raise ValueError("indexes are told as npm=https://… with spaces between")
        return {name.lower(): address for name, _sign, address in pairs}

    @field_validator("consensus_ladder", mode="before")
    @classmethod
    def _split_ladder(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        rungs = [part.partition(":") for part in value.replace(",", " ").split()]
        if not all(instances.isdecimal() and sign for instances, sign, _sure in rungs):
            raise ValueError("levels are told as 2:0.7 with spaces between")
        return tuple((instances, sure) for instances, _sign, sure in rungs)

    @field_validator("openai_api_key")
    @classmethod
    def _check_key(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value().strip() if value else ""
        if not (key.isascii() and key.isprintable()):
            raise ValueError("a key is printable ASCII")
        return SecretStr(key) if key else None

    @field_validator("openai_base_url")
    @classmethod
    def _check_base_url(cls, value: str | None) -> str | None:
        address = (value or "").strip()
        parts = urlsplit(address)
        if address and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("a server's address begins with http:// or https://")
        return address or None

    @field_validator("database_url")
    @classmethod
    def _name_driver(cls, value: str) -> str:
        for plain in ("postgresql://", "postgres://"):
            if value.startswith(plain):
                return "postgresql+psycopg2://" + value.removeprefix(plain)
        return value

    @property
    def discovery_enabled(self) -> bool:
        """Whether an LLM may be asked about names nobody knows."""
        return self.discovery or self.openai_api_key is not None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return this process's settings, read once."""
    return Settings()
