"""`compose.yaml` and the Dockerfile agree with each other, with the settings and with `.dockerignore`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sample_app.config import Settings

ROOT = Path(__file__).parents[2]
_LINE = re.compile(r"(?P<indent> *)(?:- (?P<item>.+)|(?P<key>\w+):(?: (?P<value>.+))?)$")


def read_yaml(text: str) -> dict[str, Any]:
    """The little YAML that compose.yaml is written in: mappings, strings, lists of strings; anything else fails.

    Instead of a YAML library, which nothing else here needs.
    """
    result: dict[str, Any] = {}
    # Every mapping that is not complete yet, with its indentation; the innermost last.
    unfinished: list[tuple[int, dict[str, Any]]] = [(0, result)]
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.match(line)
        assert found is not None, f"line {number} is not understood: {line}"
        indent = len(found["indent"])
        while indent < unfinished[-1][0]:
            unfinished.pop()
        outer, mapping = unfinished[-1]
        if found["item"]:
            key = next(reversed(mapping))
            mapping[key] = [*mapping[key], _scalar(found["item"])]
            continue
        if indent > outer:
            mapping = mapping[next(reversed(mapping))]
            assert mapping == {}, f"line {number} is indented too far: {line}"
            unfinished.append((indent, mapping))
        assert found["key"] not in mapping, f"line {number} says {found['key']} again"
        mapping[found["key"]] = {} if found["value"] is None else _scalar(found["value"])
    return result


def _scalar(text: str) -> Any:
    return json.loads(text) if text[0] in '"[' else text


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with what follows them."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = read_yaml((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return found


def test_compose_takes_it() -> None:
    compose = ["docker", "compose"]
    if shutil.which("docker") is None or subprocess.run([*compose, "version"], capture_output=True).returncode:
        pytest.skip("docker compose is not here")
    run = subprocess.run([*compose, "config", "--quiet"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_application_is_built_from_the_dockerfile(services: dict[str, Any]) -> None:
    build = services["app"]["build"]
    assert (ROOT / build["context"] / "Dockerfile").samefile(ROOT / "Dockerfile")
    declared = dict(argument.split("=", 1) for name, argument in instructions() if name == "ARG")
    # As many arguments, with the same names and the same defaults.
    assert build["args"] == {name: f"${{{name}:-{default}}}" for name, default in declared.items()}
    [port] = [argument for name, argument in instructions() if name == "EXPOSE"]
    assert services["app"]["ports"] == [f"{port}:{port}"]


def test_the_application_waits_for_the_database_that_it_names(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in services["app"]["environment"].items():
        monkeypatch.setenv(name, value)
    url = urlsplit(Settings().db.url)
    database = services[url.hostname or ""]
    assert database["environment"] == {"POSTGRES_DB": url.path[1:], "POSTGRES_PASSWORD": url.password}
    assert (url.username, url.port) == ("postgres", 5432)
    assert services["app"]["depends_on"] == {url.hostname: {"condition": "service_healthy"}}
    assert f"-d {url.path[1:]}" in database["healthcheck"]["test"][1]


def test_the_image_is_the_documented_one() -> None:
    said = instructions()
    # exec besides what the document has: see docs/sample-application.md.
    shell = json.loads(dict(said)["CMD"])
    assert shell[:2] == ["sh", "-c"]
    assert shell[2].replace("exec ", "") == "alembic upgrade head && uvicorn sample_app.main:app --host 0.0.0.0"
    names = [name for name, _ in said]
    assert "HEALTHCHECK" in names
    # Nothing is installed or copied as the user that runs it, who is not root.
    assert dict(said)["USER"].split(":")[0] not in ("root", "0")
    assert not {"COPY", "RUN"} & set(names[names.index("USER") :])


def test_what_the_image_copies_is_in_its_context() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    for name, argument in instructions():
        if name == "COPY":
            source = argument.split()[0]
            assert (ROOT / source).exists()
            assert source.split("/")[0] in allowed
