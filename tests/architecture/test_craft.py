"""Rules of the house that tools do not know: names, sizes, reasons, and what no file may say."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, project, python_files, tracked

_EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "core", "misc"}
#: In parts, or this file would name them.
_INDEX_HOSTS = ("py" + "pi.org", "python" + "hosted.org", "py" + "pi.python.org")
_INDEX_OPTIONS = ("--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "[[tool.uv." + "index]]")
_MOST_LINES = 300
#: Tests of one thing may be told at length.
_MOST_LINES_OF_TESTS = 400
_OURS = [path for path in python_files() if "migrations/versions" not in path.as_posix()]


def test_no_file_is_named_after_nothing() -> None:
    for path in tracked():
        for part in Path(path).parts:
            assert part.split(".")[0].lower() not in _EMPTY_NAMES, path


def _texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        yield path, (ROOT / path).read_text("utf-8", errors="replace").lower()


def test_no_file_names_a_package_index() -> None:
    for path, text in _texts():
        assert not any(host in text for host in _INDEX_HOSTS), path
        assert not any(option in text for option in _INDEX_OPTIONS), path


def test_no_file_of_a_workplace_is_committed() -> None:
    names = {Path(path).name for path in tracked()}
    assert not names & {"uv.lock", ".python-version", ".env", "dump.rdb", ".DS_Store"}


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@pytest.mark.parametrize("path", _OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_ignored_type_has_its_code_and_reason(path: Path) -> None:
    for line, comment in _comments(path):
        if "type: ignore" in comment:
            code, _, reason = comment.partition("type: ignore")[2].partition("]")
            assert code.startswith("["), f"{path}:{line}: name the code"
            assert len(reason.replace("#", "").split("noqa")[0].strip()) > 3, f"{path}:{line}: say why"


def test_exceptions_of_the_type_checker_have_reasons() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    configured = project()["tool"]["mypy"]
    assert configured["strict"] is True
    for exception in text.split("[[tool.mypy.overrides]]")[1:]:
        assert "#" in exception.partition("\n\n")[0], f"say why: {exception[:200]}"
    for name in ("disable_error_code", "ignore_errors", "exclude"):
        assert name not in configured


@pytest.mark.parametrize("path", _OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_say_what_they_own_and_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= (_MOST_LINES_OF_TESTS if "tests" in path.parts else _MOST_LINES)
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module opens with its docstring"


_TAKES_A_PATTERN = {"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"}


def _of_ours(pattern: ast.expr) -> bool:
    """Tell whether a pattern is written here: a literal, with nothing put in but what is escaped."""
    if isinstance(pattern, ast.BinOp):
        return _of_ours(pattern.left) and _of_ours(pattern.right)
    if isinstance(pattern, ast.JoinedStr):
        put_in = [part.value for part in pattern.values if isinstance(part, ast.FormattedValue)]
        return all(isinstance(value, ast.Call) and ast.unparse(value.func) == "re.escape" for value in put_in)
    return isinstance(pattern, ast.Constant)


def test_patterns_from_outside_never_reach_re() -> None:
    """Inside functions `re` sees literals only; what is compiled while a module loads is of ours anyway."""
    for path in _OURS:
        if "tests" in path.parts:
            continue
        functions = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)]
        for call in (node for function in functions for node in ast.walk(function) if isinstance(node, ast.Call)):
            module, _, verb = ast.unparse(call.func).partition(".")
            if module == "re" and verb in _TAKES_A_PATTERN:
                assert _of_ours(call.args[0]), f"{path}:{call.lineno}"


def test_nothing_is_left_to_do() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X:")
    for path in _OURS:
        for line, comment in _comments(path):
            assert not any(mark in comment for mark in marks), f"{path}:{line}"
