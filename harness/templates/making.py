"""The templates of one project on one server: which there are, which are made, and how."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql

from harness.environment import Configured, EnvironmentRun, Failure, Project
from harness.findings import UsageError, VerdictError
from harness.server import ScratchDatabase, Server
from harness.server.scratch import first_line
from harness.server.templates import Facts, Template
from harness.templates.contents import are_current, key_of, note_contents
from harness.templates.outline import Outline

# Walking so many steps takes about as long as a run of env.py that makes a template there. See docs/pytest.md.
LONG_WALK = 40
_READ_OUTLINE = "harness.templates.outline:read_outline"
_READ_FILES = "harness.environment.opened:read_files"
_VERSION_TABLES = Path(__file__).with_name("sql") / "version_tables.sql"

Manner = Literal["deploy", "steps"]


@dataclass(frozen=True)
class Start:
    """What a walk on an empty database may begin with.

    Attributes:
        template: a template at the target or below it; None if there is none.
        heads: the revisions that it stands at.
        arrived: whether it is at the target, so that nothing is left to walk.
        wants_outline: whether who walks now would do well to tell the history (`Templates.learn`).
    """

    template: ScratchDatabase | None = None
    heads: tuple[str, ...] = ()
    arrived: bool = False
    wants_outline: bool = False


class Templates:
    """The templates of one project on one server. Safe to ask from several threads.

    Two manners are told apart: `deploy` is one upgrade in one go, as a deploy makes it, `steps` a walk with every step
    committed. Most histories build the same either way, but not all do.

    Args:
        timeout: seconds that a run of `env.py`, or whoever makes the same template, may be silent.
    """

    def __init__(self, server: Server, project: Project, timeout: float) -> None:
        self._server = server
        self._project = project
        self._timeout = timeout
        self._lock = threading.RLock()
        self._outline: Outline | None = None
        self._made: dict[tuple[Manner, frozenset[str]], Template] = {}
        self._asked: Counter[str] = Counter()

    def at_head(self) -> ScratchDatabase:
        """A template at the heads, upgraded in one go.

        Raises:
            HarnessError: the upgrade failed, or changed nothing.
        """
        return self._get("deploy", "heads").database

    def start(self, target: str) -> Start:
        """The best template to begin a walk from an empty database to a target with.

        One is made at the target when that pays: when the target is asked for again, or is far from any other template.
        A walk that is made once costs no more than without templates.

        Raises:
            HarnessError: a template was to be made and a revision failed.
        """
        with self._lock:
            self._asked[target] += 1
            if self._outline is None:
                return Start(wants_outline=True)
            revisions = self._outline.up_to(target)
            if revisions is None:
                return Start()
            known = {made for manner, made in self._made if manner == "steps" and made <= revisions}
            nearest = max(known, key=len, default=frozenset[str]())
            if nearest != revisions and (self._asked[target] > 1 or len(revisions - nearest) >= LONG_WALK):
                self._get("steps", target, nearest)
                nearest = revisions
            template = self._made.get(("steps", nearest))
            if template is None:
                return Start()
            return Start(template.database, tuple(template.facts["heads"]), arrived=nearest == revisions)

    def learn(self, outline: Mapping[str, Any]) -> None:
        """Be told the history by somebody who has just had it loaded (`outline.read_outline`)."""
        with self._lock:
            if self._outline is None:
                self._outline = Outline(**outline)

    def database_at(self, target: str, hint: str = "") -> ScratchDatabase:
        """A scratch database, the caller's own, upgraded to a target in one go; a clone where there is a template.

        Args:
            target: as `alembic upgrade` takes it.
            hint: a word for people, which becomes part of the database's name.

        Raises:
            HarnessError: the upgrade failed, or there is no such target.
        """
        with self._lock:
            revisions = None if self._outline is None else self._outline.up_to(target)
            template = None if revisions is None else self._made.get(("deploy", revisions))
        if template is not None:
            return self._server.create_database(hint, template=template.database)
        with contextlib.ExitStack() as closing:
            database, run = self._begin(closing, None, hint)
            self._upgrade(database, run, "deploy", target)
            run.close()
            closing.pop_all()
        return database

    def _get(self, manner: Manner, target: str, nearest: frozenset[str] = frozenset()) -> Template:
        """The template at a target, from this process, from another one on the same server, or made now."""
        with self._lock, contextlib.ExitStack() as closing:
            begun: tuple[ScratchDatabase, EnvironmentRun] | None = None
            if self._outline is None:
                # The run that tells the history goes on to make the template, if nobody else has made it.
                begun = self._begin(closing, None, "template")
                self._outline = Outline(**begun[1].call(_READ_OUTLINE))
            revisions = self._outline.up_to(target)
            if revisions is None:
                raise UsageError(f"There is no revision {target!r}.", "`alembic history` lists them.")
            if (manner, revisions) not in self._made:
                key = key_of(self._project, self._outline, revisions, manner)
                with self._server.templates.making(key, self._timeout):
                    found = self._server.templates.find(key, lambda facts: are_current(facts["contents"]))
                    if found is None:
                        below = self._made.get((manner, nearest))
                        database, run = begun or self._begin(closing, below, "template")
                        facts = self._upgrade(database, run, manner, target, below)
                        run.close()
                        found = self._server.templates.put(database, key, facts)
                self._made[manner, revisions] = found
            return self._made[manner, revisions]

    def _begin(
        self, closing: contextlib.ExitStack, below: Template | None, hint: str
    ) -> tuple[ScratchDatabase, EnvironmentRun]:
        """A scratch database and a run of `env.py` on it; both end with `closing`."""
        database = self._server.create_database(hint, template=None if below is None else below.database)
        closing.callback(database.drop)
        run = EnvironmentRun.start(self._project, database.url, timeout=self._timeout)
        return database, closing.enter_context(run)

    def _upgrade(
        self, database: ScratchDatabase, run: EnvironmentRun, manner: Manner, target: str, below: Template | None = None
    ) -> Facts:
        """Upgrade a database and let `env.py` end; gives what is noted on a template."""
        if manner == "steps":
            run.upgrade(target)
            read = run.call(_READ_FILES)
            heads = run.heads
            run.finish()
        else:
            configured = run.configured
            deployment = run.deploy(target)
            if deployment.failure is not None:
                raise self._failed(target, deployment.revisions, deployment.failure)
            heads = standing_at(database, configured)
            if deployment.revisions and not heads:
                raise VerdictError(
                    f"The upgrade to {target} ended well, but nothing of it is in the database.",
                    "Does env.py commit? Run harness check --select upgrade.",
                )
            read = run.call(_READ_FILES)
        # Alembic reads every revision, but those that are not applied decide nothing; those that are, are in the key.
        revisions = set() if self._outline is None else set(self._outline.paths.values())
        folders = {os.path.dirname(path) for path in revisions}  # noqa: PTH120  # text for text, as they were noted
        inherited = {} if below is None else below.facts["contents"]
        own = note_contents(set(read["files"]) - revisions, set(read["folders"]) - folders)
        return {"heads": list(heads), "contents": {**inherited, **own}}

    def _failed(self, target: str, revisions: Sequence[str], failure: Failure) -> VerdictError:
        where = f" at {self._project.location(failure.path)}:{failure.line}" if failure.path else ""
        revision = f" in revision {revisions[-1]}" if revisions else ""
        return VerdictError(
            f"The upgrade to {target} failed{revision}{where}: {failure.message}.",
            "Run harness check --select upgrade for the particulars.",
            failure.traceback,
        )


def standing_at(database: ScratchDatabase, configured: Sequence[Configured]) -> tuple[str, ...]:
    """The revisions that a database stands at, by the rows of its version tables.

    Raises:
        VerdictError: the server is gone.
    """
    rows: set[str] = set()
    tables = [one.version_table for one in configured]
    schemas = {one.version_table_schema for one in configured}
    try:
        with database.connect() as connection:
            found = connection.execute(_VERSION_TABLES.read_bytes(), {"tables": tables}).fetchall()
            for schema, table in found:
                if schema in schemas or None in schemas:
                    query = sql.SQL("select version_num from {}").format(sql.Identifier(schema, table))
                    rows.update(str(row[0]) for row in connection.execute(query))
    except psycopg.OperationalError as error:
        raise VerdictError(f"The scratch database {database.name} cannot be read: {first_line(error)}.") from error
    return tuple(sorted(rows))
