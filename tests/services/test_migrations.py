"""The schema's chain: linear, reversible, and equal to the rows' definition."""

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

import migrations
from stack.servers import EmbeddedServers


def test_upgrade_downgrade_upgrade_leaves_no_difference() -> None:
    with EmbeddedServers(only=("postgres",)) as servers:
        configuration = migrations.configuration(servers.database_url)
        assert len(ScriptDirectory.from_config(configuration).get_heads()) == 1
        migrations.upgrade(servers.database_url)
        migrations.downgrade(servers.database_url, "base")
        engine = create_engine(servers.database_url)
        assert inspect(engine).get_table_names() == ["alembic_version"]
        migrations.upgrade(servers.database_url)
        command.check(configuration)
        assert {column["comment"] for column in inspect(engine).get_columns("patterns")} - {None, ""}
        uncommented = [
            f"{table}.{column['name']}"
            for table in inspect(engine).get_table_names()
            for column in inspect(engine).get_columns(table)
            if not column["comment"] and table != "alembic_version"
        ]
        engine.dispose()
    assert uncommented == []
