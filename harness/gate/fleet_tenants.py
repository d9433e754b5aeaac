"""A schema for each tenant in one database: `harness gate URL --schemas GLOB -x tenant={schema}`.

Each schema has its own version table, and `env.py` is told which schema to upgrade. A tenant is compared with what the
history makes in a schema of the same name on a scratch database; what lies outside its schema is no part of it.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property

from psycopg import sql

from harness.checks.upgrading import looking_at
from harness.comparison.address import Address
from harness.comparison.session import LiveSession
from harness.environment import Configured, Project
from harness.findings import Finding, Report, UsageError
from harness.gate.drift import ADOPTION, ignored_groups
from harness.gate.expected import Ground
from harness.gate.fleet import Candidate
from harness.gate.fleet_run import Many
from harness.gate.fleet_sweep import hash_schemas, require_asyncpg
from harness.gate.judge import Asked, Judge
from harness.gate.lineage import Lineage
from harness.gate.live import APPLICATION, Live, VersionTable, read_live
from harness.gate.statements import statement
from harness.report.text import plural
from harness.schema import Schema, SchemaObject
from harness.schema.repair.names import python
from harness.server import ScratchDatabase

PLACEHOLDER = "{schema}"
# What stands in front of a point in a revision and is no schema.
_MODULES = {"op", "sa", "postgresql"}


def run_schemas(address: Address, glob: str, asked: Asked, many: Many) -> Report:
    """Judge every schema of a database whose name matches.

    Raises:
        UsageError: the call or the configuration is wrong, no schema matches, or asyncpg is missing.
        VerdictError: the database cannot be reached; see `Many.run`.
    """
    require_asyncpg()
    if not any(PLACEHOLDER in text for text in (*many.project.x, *many.project.env.values())):
        raise UsageError(
            "--schemas has nothing that tells env.py which schema to upgrade.",
            f"Give what env.py reads, with {PLACEHOLDER} for the name: -x tenant={PLACEHOLDER}, or --env.",
        )
    with LiveSession(address, application=APPLICATION, timeout=asked.timeout) as session, session.reading() as reader:
        quoted = {name: text for name, text in reader.execute(statement("fleet_schemas")) if fnmatchcase(name, glob)}
    if not quoted:
        raise UsageError(f"No schema of {address.name} has a name that matches {glob!r}.", "Quote the glob, too.")

    def find(ground: Ground) -> Sequence[Candidate]:
        return _tenants(address, quoted, ground, asked, many.project)

    # What env.py says of itself it says of any tenant.
    first = project_of(many.project, next(iter(quoted)))
    what = f"{plural(len(quoted), 'schema')} of {address.name}"
    return replace(many, project=first).run(what, asked, find, unit="schema")


def project_of(project: Project, schema: str) -> Project:
    """The project, with `env.py` told to upgrade one schema."""
    return replace(
        project,
        x=tuple(text.replace(PLACEHOLDER, schema) for text in project.x),
        env={name: text.replace(PLACEHOLDER, schema) for name, text in project.env.items()},
    )


def _tenants(
    address: Address, quoted: Mapping[str, str], ground: Ground, asked: Asked, project: Project
) -> list[Candidate]:
    ignore = ignored_groups(grants=asked.grants, policies=asked.policies)
    hashes = hash_schemas(address, quoted, ignore=ignore, timeout=asked.timeout)
    configured = [one for schema in quoted for one in _in_schema(ground.configured, schema)]
    whole = read_live(address, configured, timeout=asked.timeout, skip_unreadable=asked.skip_unreadable)
    parts = _by_schema(whole.schema) if isinstance(whole.schema, Schema) else {}
    tables: defaultdict[str, list[VersionTable]] = defaultdict(list)
    for table in whole.tables:
        tables[table.schema].append(table)
    found: list[Candidate] = []
    for schema in quoted:
        names = {one.version_table for one in ground.configured} - {table.name for table in tables[schema]}
        live = replace(
            whole,
            name=f"schema {schema}",
            tables=tuple(tables[schema]),
            missing=tuple(f"{schema}.{name}" for name in sorted(names)),
            lookalikes=tuple(table for table in whole.lookalikes if table.schema == schema),
            schema=parts.get(schema, Schema((), int(whole.major)))
            if isinstance(whole.schema, Schema)
            else whole.schema,
            # env.py is told the schema, and sees to its own path.
            path=None,
        )
        found.append(Tenant(schema, address, live, hashes.get(schema), asked, project))
    return found


def _in_schema(configured: Sequence[Configured], schema: str) -> list[Configured]:
    # What env.py says of the schema it says of the tenant that it was asked about, and each has its own.
    return [replace(one, version_table_schema=schema) for one in configured]


def _by_schema(whole: Schema) -> dict[str, Schema]:
    parts: defaultdict[str, list[SchemaObject]] = defaultdict(list)
    for identity, item in whole.objects.items():
        parts[identity.name if identity.kind == "schema" else identity.schema].append(item)
    return {schema: Schema(items, whole.server_version) for schema, items in parts.items()}


@dataclass(frozen=True)
class Tenant:
    """One tenant's schema; a `Candidate`."""

    schema: str
    address: Address
    live: Live
    hash: str | None
    asked: Asked
    project: Project

    @property
    def name(self) -> str:
        """What it is called in the report."""
        return self.live.name

    @property
    def kind(self) -> Hashable | None:
        """Its fingerprint, and what is not in it."""
        if self.hash is None:
            return None
        tables = tuple((table.name, table.owner, table.readable, table.rows) for table in self.live.tables)
        return self.hash, tables, tuple(table.name for table in self.live.lookalikes)

    @property
    def major(self) -> str | None:
        """The major version of its server."""
        return self.live.major

    @property
    def server_started(self) -> float | None:
        """Not known: the one who judges it asks."""
        return None

    def judge(self, ground: Ground) -> Judge:
        """What judges it."""
        return TenantJudge(TenantGround(ground, self.schema, self.project), self.address, self.asked, tenant=self)

    def told(self, finding: Finding, of: Tenant) -> Finding:
        """A finding on another that is like it as the finding on it."""

        def renamed(text: str | None) -> str | None:
            return text and _renamed(text, of.schema, self.schema)

        target = finding.object
        if target is not None and target.schema == of.schema:
            target = replace(target, schema=self.schema)
        elif target is not None and (target.kind, target.name) == ("schema", of.schema):
            target = replace(target, name=self.schema)
        return replace(
            finding,
            message=renamed(finding.message) or "",
            object=target,
            expected=renamed(finding.expected),
            actual=renamed(finding.actual),
            fix=renamed(finding.fix),
            detail=renamed(finding.detail),
        )


def _renamed(text: str, old: str, new: str) -> str:
    """A text with a schema's name replaced where it stands in front of what is in it, or behind the word `schema`."""
    for before, after in ((old, new), (_quoted(old), _quoted(new))):
        written = after.replace("\\", r"\\")
        text = re.sub(rf'(?<![\w$."]){re.escape(before)}(?=\.)', written, text)
        text = re.sub(rf"(?<=\bschema ){re.escape(before)}(?![\w$])", written, text)
    return text


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)


@dataclass
class TenantJudge(Judge):
    """Judges one tenant's schema, which was read together with all the others."""

    tenant: Tenant | None = None

    @cached_property
    def live(self) -> Live:
        """What was read."""
        assert self.tenant is not None
        return self.tenant.live

    def drift(self) -> list[Finding]:
        """What was changed behind the history's back; what adopts it names no tenant, as the history does not."""
        assert self.tenant is not None
        return [replace(finding, fix=finding.fix and self._for_all(finding.fix)) for finding in super().drift()]

    def _for_all(self, fix: str) -> str:
        assert self.tenant is not None
        here, separator, adoption = fix.partition(f"\n{ADOPTION}")
        return f"{here}{separator}{_without_schema(adoption, self.tenant.schema)}"


def _without_schema(code: str, schema: str) -> str:
    """Operations that name no schema: the history finds its own by the search path."""
    argument = f"schema={python(schema)}"
    for before, after in ((f", {argument}", ""), (f"\n    {argument},\n", "\n"), (f"{argument}, ", "")):
        code = code.replace(before, after)
    # As it stands in SQL, which may stand in a string of Python's.
    forms = {schema, _quoted(schema), _quoted(schema).replace('"', r"\"")}
    written = "|".join(re.escape(form) for form in sorted(forms - _MODULES, key=len, reverse=True))
    # What else stands in quotes is a text, which may be the name of a host as well.
    places = (rf"(?<![\w$.'@/-])(?:{written})\.(?=[\w\"\\])", rf"(?<=')(?:{written})\.(?=[^'\\]+\\?'::regclass)")
    return re.sub("|".join(places), "", code)


class TenantGround(Ground):
    """The ground for one tenant: `env.py` is told its schema, which is there, and nothing else of a database is seen.

    Args:
        ground: what all share.
        schema: the tenant's schema.
        project: the project, with the placeholder.
    """

    def __init__(self, ground: Ground, schema: str, project: Project) -> None:
        # The same context for another project: server, history and what is to be cleaned up stay shared.
        context = copy.copy(ground.context)
        context.project = project_of(project, schema)
        super().__init__(context, may_share=ground.may_share)
        self._shared = ground
        self._schema = schema

    @cached_property
    def lineage(self) -> Lineage:
        """The order of the revisions."""
        return self._shared.lineage

    @cached_property
    def configured(self) -> tuple[Configured, ...]:
        """What `env.py` passes to `context.configure`, the version table in the tenant's schema."""
        return tuple(_in_schema(self._shared.configured, self._schema))

    def empty(self) -> ScratchDatabase:
        """A new database that has the tenant's schema."""
        database = super().empty()
        with looking_at(database) as connection:
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(self._schema)))
        return database

    def read(
        self, database: ScratchDatabase, leave_out: Collection[str] = ()
    ) -> tuple[Schema, tuple[VersionTable, ...]]:
        """The tenant's schema in a scratch database."""
        whole, tables = super().read(database, leave_out)
        return _by_schema(whole).get(self._schema, Schema((), whole.server_version)), tables
