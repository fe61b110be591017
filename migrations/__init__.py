"""The database's schema, step by step: one linear chain of alembic revisions.

`upgrade` and `downgrade` may be called by several processes at once: an advisory lock lets one work while others wait.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config

_FOLDER = Path(__file__).resolve().parent


def configuration(database_url: str) -> Config:
    """Return alembic's configuration for one database, without a file."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = database_url
    return config


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the schema up to a revision."""
    command.upgrade(configuration(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Take the schema back to a revision."""
    command.downgrade(configuration(database_url), revision)
