"""The files of `examples/` are run: each command as its YAML has it, with its variables, on a live database."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from little_yaml import read_yaml
from pages import ROOT
from project_copy import ProjectCopy

from harness.server import ScratchDatabase, Server
from harness.server.urls import server_url

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HEAD = "a2816e9fd07c"
EXAMPLES = ROOT / "examples"
UNREACHABLE = "postgresql://nobody@127.0.0.1:1/none"
Command = Sequence[str]


@pytest.fixture
def live(server: Server) -> Iterator[ScratchDatabase]:
    """A live database before its first deploy."""
    with server.create_database("live") as database:
        yield database


def read(name: str) -> Any:
    return read_yaml((EXAMPLES / name).read_text(encoding="utf-8"))


def surroundings(variables: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    """A job's environment: its variables with the names of secrets and of other variables replaced."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("HARNESS_", "PYTEST_", "PG", "DB__"))
    }
    kept["PATH"] = f"{Path(sys.executable).parent}:{kept['PATH']}"
    given = {}
    for name, value in variables.items():
        match = re.fullmatch(r"\$\{\{ secrets\.(\w+) \}\}|\$(\w+)", value)
        given[name] = known[match[1] or match[2]] if match else value
    return {**kept, **given}


def require_installable(command: str) -> None:
    """What is installed is an extra that this distribution has."""
    distribution = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = (word for word in shlex.split(command) if word.startswith(distribution["name"]))
    extras = re.fullmatch(r"[\w-]+(?:\[([\w,-]+)\])?", wanted)
    assert extras, wanted
    assert set((extras[1] or "").split(",")) - {""} <= set(distribution["optional-dependencies"])


def run(commands: Sequence[Command], cwd: Path, environment: dict[str, str]) -> tuple[int, int, str]:
    """Run commands until one fails: how many ended well, the exit code of the last, and what they said."""
    said = ""
    for number, command in enumerate(commands):
        done = subprocess.run(
            [*command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=180, check=False
        )
        said += done.stdout + done.stderr
        if done.returncode != 0:
            return number, done.returncode, said
    return len(commands), 0, said


def shell(*lines: str) -> list[Command]:
    """The commands as the runners of GitHub and GitLab start them, less those that install something."""
    for line in lines:
        if line.startswith("pip install"):
            require_installable(line)
    return [("bash", "-e", "-o", "pipefail", "-c", line) for line in lines if not line.startswith("pip install")]


def stands_at(database: ScratchDatabase) -> str | None:
    with database.connect() as connection:
        table = connection.execute("select to_regclass('public.alembic_version')").fetchone()
        if table is None or table[0] is None:
            return None
        row = connection.execute("select version_num from public.alembic_version").fetchone()
    return None if row is None else str(row[0])


def deploys(commands: Sequence[Command], sample: ProjectCopy, live: ScratchDatabase, variables: dict[str, str]) -> None:
    """A deploy goes through, a database that was changed by hand stops it, and so does one that cannot be reached."""
    environment = surroundings(variables, {"DATABASE_URL": live.url})
    done, code, said = run(commands, sample.directory, environment)
    assert (done, code) == (len(commands), 0), said
    assert stands_at(live) == HEAD
    with live.connect() as connection:
        connection.execute("drop index ix_order_item_product_id")
    done, code, said = run(commands, sample.directory, environment)
    assert (done, code) == (0, 1), said
    assert "ix_order_item_product_id" in said
    done, code, said = run(commands, sample.directory, surroundings(variables, {"DATABASE_URL": UNREACHABLE}))
    assert (done, code) == (0, 3), said
    assert "cannot be reached" in said


def service_url(url: str, password: str, host: str, port: int) -> None:
    """The server that a job names is the service that it starts."""
    assert server_url(url) == url
    assert url == f"postgresql://postgres:{password}@{host}:{port}/postgres"


def test_github_actions_check(sample: ProjectCopy, server: Server, tmp_path: Path) -> None:
    job = read("github-actions.yml")["jobs"]["check"]
    service = job["services"]["postgres"]
    assert service["ports"] == ["5432:5432"]
    service_url(job["env"]["HARNESS_SERVER"], service["env"]["POSTGRES_PASSWORD"], "localhost", 5432)
    steps = [step for step in job["steps"] if "run" in step]
    assert [step.get("if") for step in steps] == [None, None, "always()"]
    _, (check,), (summary,) = (shell(step["run"]) for step in steps)
    written = tmp_path / "summary.md"
    environment = {**surroundings(job["env"], {}), "HARNESS_SERVER": server.url, "GITHUB_STEP_SUMMARY": str(written)}
    assert run([check, summary], sample.directory, environment)[:2] == (2, 0)
    assert "passed" in written.read_text()
    uploaded = next(step["with"]["sarif_file"] for step in job["steps"] if "upload-sarif" in step.get("uses", ""))
    assert (sample.directory / uploaded).is_file()
    sample.replace("sample_app/models/product.py", "String(40)", "String(41)")
    done, code, said = run([check], sample.directory, environment)
    assert (done, code) == (0, 1), said
    assert "::error " in said
    assert run([summary], sample.directory, environment)[1] == 0
    assert "drift.column.type" in written.read_text()


def test_github_actions_deploy(sample: ProjectCopy, live: ScratchDatabase) -> None:
    job = read("github-actions.yml")["jobs"]["deploy"]
    commands = shell(*(step["run"] for step in job["steps"] if "run" in step))
    deploys(commands, sample, live, job["env"])


def test_gitlab_check(sample: ProjectCopy, server: Server) -> None:
    job = read("gitlab-ci.yml")["migrations"]
    (service,) = job["services"]
    service_url(job["variables"]["HARNESS_SERVER"], job["variables"]["POSTGRES_PASSWORD"], service["alias"], 5432)
    commands = shell(*job["before_script"], *job["script"])
    environment = {**surroundings(job["variables"], {}), "HARNESS_SERVER": server.url}
    assert run(commands, sample.directory, environment)[:2] == (1, 0)
    for file in job["artifacts"]["reports"].values():
        assert (sample.directory / file).is_file()
    sample.replace("sample_app/models/product.py", "String(40)", "String(41)")
    assert run(commands, sample.directory, environment)[:2] == (0, 1)


def test_gitlab_deploy(sample: ProjectCopy, live: ScratchDatabase) -> None:
    job = read("gitlab-ci.yml")["deploy"]
    deploys(shell(*job["before_script"], *job["script"]), sample, live, job["variables"])


def variables_of(container: Any) -> dict[str, str]:
    """A container's variables, those from a secret as the name of one."""
    found = {}
    for variable in container["env"]:
        assert variable["valueFrom"]["secretKeyRef"] == {"name": "shop-database", "key": "url"}
        found[variable["name"]] = "$DATABASE_URL"
    return found


def test_kubernetes_init_containers(sample: ProjectCopy, live: ScratchDatabase) -> None:
    manifest = read("kubernetes/init-containers.yaml")
    assert (manifest["apiVersion"], manifest["kind"]) == ("apps/v1", "Deployment")
    assert manifest["spec"]["selector"]["matchLabels"] == manifest["spec"]["template"]["metadata"]["labels"]
    pod = manifest["spec"]["template"]["spec"]
    (variables,) = {tuple(variables_of(one).items()) for one in (*pod["initContainers"], *pod["containers"])}
    assert len({one["image"] for one in (*pod["initContainers"], *pod["containers"])}) == 1
    deploys([one["command"] for one in pod["initContainers"]], sample, live, dict(variables))


def test_kubernetes_helm_hook(sample: ProjectCopy, live: ScratchDatabase) -> None:
    manifest = read("kubernetes/helm-hook.yaml")
    assert (manifest["apiVersion"], manifest["kind"]) == ("batch/v1", "Job")
    assert "pre-upgrade" in manifest["metadata"]["annotations"]["helm.sh/hook"]
    # A migration that failed is not to be run again by itself.
    assert (manifest["spec"]["backoffLimit"], manifest["spec"]["template"]["spec"]["restartPolicy"]) == ("0", "Never")
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    deploys([container["command"]], sample, live, variables_of(container))


def test_every_example_is_run_and_described() -> None:
    files = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.is_file()}
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    tests = Path(__file__).read_text(encoding="utf-8")
    assert files == set(re.findall(r"^\| \[([\w./-]+)\]", page, re.MULTILINE))
    assert files == set(re.findall(r'read\("([\w./-]+)"\)', tests))


@pytest.mark.parametrize("text", ["a: 'b'", "a: {b: c}", "a: &x 1", "a: b # c", "- [a\n  - b", "a: 1\na: 2", "? a"])
def test_the_reader_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        read_yaml(text)
