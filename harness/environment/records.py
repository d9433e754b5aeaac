"""What an environment run tells the outside: plain records that travel as JSON between the two processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Literal, TypeVar

Direction = Literal["upgrade", "downgrade"]
R = TypeVar("R")


@dataclass(frozen=True)
class Failure:
    """An exception of the user's code, as far as it can help a person.

    Attributes:
        kind: the exception's class, `module.QualName` (builtins without the module).
        message: its text; for a database error, PostgreSQL's own primary message.
        path, line: the innermost frame in the user's own files, absolute path; None when there is none.
        sql: the statement that failed, for a database error.
        sqlstate, detail, hint: what PostgreSQL added to its message.
        traceback: the Python traceback from the user's code on.
        revision: the revision that was being applied.
        raised_on_purpose: whether the innermost frame is a `raise` or `assert False` of the user's own code.
    """

    kind: str
    message: str
    path: str | None = None
    line: int | None = None
    sql: str | None = None
    sqlstate: str | None = None
    detail: str | None = None
    hint: str | None = None
    traceback: str = ""
    revision: str | None = None
    raised_on_purpose: bool = False


@dataclass(frozen=True)
class RevisionInfo:
    """One revision file: its id, where it is (absolute path; line of `revision = `), and its links.

    Attributes:
        irreversible: the reason after the comment `# harness: irreversible`, which may be empty; None if there is no
            such comment.
        irreversible_line: the line of that comment.
    """

    id: str
    path: str
    line: int
    message: str
    down_revisions: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    down_line: int = 1
    has_downgrade: bool = True
    irreversible: str | None = None
    irreversible_line: int = 1


@dataclass(frozen=True)
class UnloadableRevision:
    """A file of the versions folder that could not be loaded as a revision. `imported` says that it is good Python, but
    no revision that Alembic can read; the failure's hint then says what to do.
    """

    path: str
    failure: Failure
    imported: bool = False


@dataclass(frozen=True)
class History:
    """Every revision file that was found, in the order of the files' paths; duplicates and broken links included.

    `version_locations` and `env_py` are absolute paths.
    """

    revisions: tuple[RevisionInfo, ...]
    unloadable: tuple[UnloadableRevision, ...]
    version_locations: tuple[str, ...]
    env_py: str

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """The revisions that no other one builds on (a dependency does not make a head less of a head)."""
        built_on = {parent for revision in self.revisions for parent in revision.down_revisions}
        return tuple(sorted({revision.id for revision in self.revisions} - built_on))

    def get(self, revision_id: str) -> RevisionInfo | None:
        """The revision of that id, None if there is none."""
        return self._by_id.get(revision_id)

    @cached_property
    def _by_id(self) -> dict[str, RevisionInfo]:
        # Of duplicates the first counts.
        return {revision.id: revision for revision in reversed(self.revisions)}


@dataclass(frozen=True)
class Configured:
    """What `env.py` passed to one call of `context.configure`, in words; the objects themselves stay inside.

    `default_schema` is where a name without a schema lands on its connection: by the search path, or by SQLAlchemy's
    `schema_translate_map`. `metadata_tables` is None where no `target_metadata` is passed; `metadata_fault` says what
    is passed that is no MetaData, and how to correct it.
    """

    dialect: str
    driver: str
    version_table: str = "alembic_version"
    version_table_schema: str | None = None
    default_schema: str = "public"
    metadata_tables: tuple[str, ...] | None = None
    metadata_fault: tuple[str, str] | None = None
    include_schemas: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepResult:
    """What became of one step.

    Attributes:
        seconds: how long it took.
        heads: the version table's rows after it.
        failure: why it failed, None if it did not.
        wrote_catalogs: whether it wrote to PostgreSQL's catalogs in a way that no event trigger sees
            (`delete from pg_enum …`, `cluster …`).
    """

    revision: str
    direction: Direction
    seconds: float
    heads: tuple[str, ...]
    failure: Failure | None = None
    wrote_catalogs: bool = False


def to_json(record: Any) -> dict[str, Any]:
    """A record as JSON-able values."""
    return asdict(record)


def from_json(kind: type[R], data: Mapping[str, Any]) -> R:
    """The inverse of `to_json`."""
    nested: dict[str, type] = {"failure": Failure}
    many: dict[str, type] = {"revisions": RevisionInfo, "unloadable": UnloadableRevision}
    values: dict[str, Any] = {}
    for item in fields(kind):  # type: ignore[arg-type]  # every R is a dataclass of this module
        value = data[item.name]
        if item.name in nested and value is not None:
            value = from_json(nested[item.name], value)
        elif item.name in many:
            value = tuple(from_json(many[item.name], part) for part in value)
        elif isinstance(value, list):
            value = tuple(value)
        values[item.name] = value
    return kind(**values)
