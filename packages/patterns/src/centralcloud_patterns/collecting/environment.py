"""Environment variables: .env files, and the `environment` of compose services."""

from centralcloud_patterns.manifests.findings import Findings, Source, tables_of
from centralcloud_patterns.paths import basename_of

MAX_LINES = 2000


def is_env_file(name: str) -> bool:
    """Tell whether a basename is that of a .env file, an example of one included."""
    return (
        name == ".env" or name.startswith((".env.", "env.example", "env.sample")) or name.endswith((".env", ".envrc"))
    )


def env_file(source: Source, found: Findings) -> None:
    """Record the variables a .env file sets, commented-out ones left aside."""
    for number, line in enumerate(source.text.split("\n")[:MAX_LINES], 1):
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign:
            found.variable(source, name.strip(), value.strip(), number)


def compose(source: Source, found: Findings) -> None:
    """Record the variables and commands of compose services."""
    for name, service in tables_of(source.mapping().get("services")).items():
        environment = service.get("environment")
        for entry in environment if isinstance(environment, (list, dict)) else ():
            if isinstance(entry, str):
                found.variable(source, entry.partition("=")[0].strip())
        found.command(source, name, service.get("command"))


def is_compose(path: str) -> bool:
    """Tell whether a file is a compose file by its name."""
    name = basename_of(path)
    return name.endswith((".yml", ".yaml")) and name.startswith(("docker-compose", "compose.", "docker-stack"))
