"""Which parser reads which file; adding a format is adding one line here and a small module beside it.

`HOLDERS` are the manifests whose directory is a component of its own.
"""

from collections.abc import Callable
from functools import lru_cache

from centralcloud_patterns import expressions
from centralcloud_patterns.manifests import block_locks, npm, npm_locks, pypi, pypi_requirement
from centralcloud_patterns.manifests.findings import Findings, Source
from centralcloud_patterns.paths import basename_of, is_vendored

Parser = Callable[[Source, Findings], None]

_BY_NAME: dict[str, Parser] = {
    "package.json": npm.package_json,
    "pnpm-workspace.yaml": npm.pnpm_workspace,
    "deno.json": npm.deno_json,
    "deno.jsonc": npm.deno_json,
    "import_map.json": npm.deno_json,
    "package-lock.json": npm_locks.package_lock,
    "npm-shrinkwrap.json": npm_locks.package_lock,
    "yarn.lock": npm_locks.yarn_lock,
    "pnpm-lock.yaml": npm_locks.pnpm_lock,
    "bun.lock": npm_locks.bun_lock,
    "deno.lock": npm_locks.deno_lock,
    "pyproject.toml": pypi.pyproject,
    "Pipfile": pypi.pipfile,
    "setup.cfg": pypi.setup_cfg,
    "setup.py": pypi.setup_py,
    "environment.yml": pypi.conda_environment,
    "environment.yaml": pypi.conda_environment,
    "conda.yml": pypi.conda_environment,
    "Pipfile.lock": block_locks.pipfile_lock,
    "poetry.lock": block_locks.block_lock,
    "uv.lock": block_locks.block_lock,
    "pdm.lock": block_locks.block_lock,
    "Cargo.lock": block_locks.block_lock,
    "composer.lock": block_locks.composer_lock,
}
_BY_GLOB: tuple[tuple[str, Parser], ...] = (
    ("{requirements*,*requirements,constraints}.{txt,in,pip}", pypi_requirement.requirements_txt),
    ("requirements/*.{txt,in,pip}", pypi_requirement.requirements_txt),
)
#: Lock files that also name the direct dependencies: read for them where the manifest itself is not there.
STAND_INS: dict[str, tuple[tuple[str, ...], Parser]] = {
    "package-lock.json": (("package.json",), npm_locks.package_lock_alone),
    "bun.lock": (("package.json",), npm_locks.bun_lock_alone),
    "deno.lock": (("deno.json", "deno.jsonc"), npm_locks.deno_lock_alone),
}
HOLDERS = frozenset(
    {
        "package.json",
        "deno.json",
        "deno.jsonc",
        "pyproject.toml",
        "Pipfile",
        "setup.py",
        "setup.cfg",
        "requirements.txt",
    }
)
HOLDER_SUFFIXES: tuple[str, ...] = (".csproj",)


@lru_cache(maxsize=8192)
def parser_for_name(name: str) -> Parser | None:
    """Return the parser for a basename, or None."""
    if parser := _BY_NAME.get(name):
        return parser
    return next((parser for glob, parser in _BY_GLOB if "/" not in glob and expressions.glob(glob).matches(name)), None)


def parser_for(path: str) -> Parser | None:
    """Return the parser that reads this file, or None; of installed packages only the version is read."""
    name = basename_of(path)
    if is_vendored(path):
        return npm.installed_package if name == "package.json" and "node_modules/" in path else None
    if parser := parser_for_name(name):
        return parser
    if not name.endswith((".txt", ".in", ".pip")):
        return None
    return next((parser for glob, parser in _BY_GLOB if expressions.glob(glob).matches(path)), None)


def holds_component(name: str) -> bool:
    """Tell whether a file of this basename makes its directory a component."""
    return name in HOLDERS or name.endswith(HOLDER_SUFFIXES)
