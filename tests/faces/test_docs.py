"""The docs of the faces say what the code does: options are compared, examples are run."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from harness.cli import build_parser
from harness.report import FORMATS
from harness.scaffold import toml_default
from harness.settings import Settings, load

pytest_plugins = ["pytester"]
DOCS = Path(__file__).parents[2] / "docs"


def options_of(command: str) -> set[str]:
    """The options that `harness COMMAND --help` shows."""
    parser = build_parser()
    (commands,) = (action for action in parser._actions if isinstance(action.choices, dict))
    assert isinstance(commands.choices, dict)
    actions = commands.choices[command]._actions
    return {name for action in actions for name in action.option_strings} - {"-h", "--help"}


def test_every_option_is_documented_and_no_other() -> None:
    text = (DOCS / "cli.md").read_text()
    rows = re.findall(r"^\| (`-.*?) \|", text.replace("\\|", "/"), re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"(?<=`)--?[a-z-]+", row)}
    assert documented == options_of("check") | options_of("init")
    assert all(f"`{name}`" in text for name in FORMATS)


def settings_table() -> str:
    """The table of docs/settings.md, made from the fields of `Settings`."""
    rows = ["| option | default | variable | says |", "|---|---|---|---|"]
    for item in fields(Settings):
        key = item.name.replace("_", "-")
        variable = f"`HARNESS_{item.name.upper()}`" if item.metadata["variable"] else ""
        default = "" if toml_default(item) == '""' else f"`{toml_default(item)}`"
        rows.append(f"| `{key}` | {default} | {variable} | {item.metadata['help']} |")
    return "\n".join(rows) + "\n"


def test_the_table_of_the_settings_is_what_the_settings_are() -> None:
    text = (DOCS / "settings.md").read_text()
    assert settings_table() in text, f"docs/settings.md wants this table:\n{settings_table()}"


def test_the_examples_for_pytest_run(user: pytest.Pytester) -> None:
    text = (DOCS / "pytest.md").read_text()
    examples = re.findall(r"<!-- test: (\S+) -->\n```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) == text.count("```python")
    for path, code in examples:
        (user.path / path).parent.mkdir(parents=True, exist_ok=True)
        (user.path / path).write_text(code)
    billing = user.path / "services" / "billing"
    (user.path / "alembic.ini").rename(billing / "alembic.ini")
    (user.path / "alembic").rename(billing / "alembic")
    (user.path / "models.py").rename(billing / "models.py")
    (user.path / "tests").rename(billing / "tests")
    done = user.runpytest_subprocess("-p", "no:cacheprovider", "-q")
    outcomes = done.parseoutcomes()
    assert set(outcomes) == {"passed"}, done.stdout.str()
    assert outcomes["passed"] > 6


def test_the_example_of_the_settings_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (DOCS / "settings.md").read_text(), re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(example)
    settings = load(tmp_path, {})
    assert (settings.timeout, settings.skip) == (600.0, ("autogenerate",))
    assert settings.env == {"DATABASE_URL": "{url:asyncpg}"}
