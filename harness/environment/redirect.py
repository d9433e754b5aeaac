"""Inside: every PostgreSQL connection of the interpreter is sent to the scratch database, whatever URL the user's code
holds.

Two lines of defence. SQLAlchemy's `do_connect` event serves every dialect, sees connections that are not PostgreSQL's,
and counts. Behind it the drivers' own `connect` functions are wrapped as they are imported, for code that connects
without SQLAlchemy, and for listeners and creators of the user's that run after ours. Session settings
(`server_settings`, `options`, timeouts, caches) stay; whatever says *where* and *as whom* goes, TLS included.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

# Names of connection arguments, over all drivers, that say where a connection goes and how it proves who it is.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS; asyncpg.connect; pg8000.connect
PLACE_ARGUMENTS = frozenset(
    """
    dsn conninfo host hostaddr port user password passfile passcode database dbname db service servicefile unix_sock
    ssl ssl_context sslmode sslrootcert sslcert sslkey sslcrl sslcrldir sslpassword sslcompression sslsni
    sslcertmode sslnegotiation ssl_min_protocol_version ssl_max_protocol_version direct_tls gssencmode gsslib
    gssdelegation krbsrvname require_auth channel_binding requirepeer target_session_attrs load_balance_hosts
    source_address
    """.split()  # noqa: SIM905  # a list of words reads better than forty quoted ones
)


class ForeignDatabaseError(Exception):
    """`env.py` asked for a connection that is not PostgreSQL's; `dialect` says which."""

    def __init__(self, dialect: str) -> None:
        super().__init__(f"env.py connects to {dialect}, not to PostgreSQL")
        self.dialect = dialect


class NoDatabaseError(Exception):
    """A connection was asked for in a run that has no database."""


_bypass = threading.local()


@contextmanager
def own_connection() -> Iterator[None]:
    """Within this block the current thread's connections are harness's own and go where they are told."""
    _bypass.depth = getattr(_bypass, "depth", 0) + 1
    try:
        yield
    finally:
        _bypass.depth -= 1


class Redirect:
    """Sends connections to one database, or refuses them when there is none.

    Args:
        url: the scratch database's `postgresql://` URL; None refuses every connection with `NoDatabaseError`.
    """

    def __init__(self, url: str | None) -> None:
        self.url = url
        self.count = 0
        self.refused: Exception | None = None
        parts = urlsplit(url or "")
        self.target: dict[str, Any] = {
            "host": parts.hostname,
            "port": parts.port or 5432,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "database": unquote(parts.path.lstrip("/")),
        }

    def install(self) -> None:
        """Redirect from now on, for the rest of the interpreter's life."""
        self._set_libpq_variables()
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        event.listen(Engine, "do_connect", self.do_connect)
        wrappers: Mapping[str, Callable[[ModuleType], None]] = {
            "asyncpg.connection": self._wrap_asyncpg,
            "psycopg.connection": functools.partial(self._wrap_psycopg, class_name="Connection"),
            "psycopg.connection_async": functools.partial(self._wrap_psycopg, class_name="AsyncConnection"),
            "psycopg2": self._wrap_psycopg2,
        }
        for name, wrap in wrappers.items():
            if name in sys.modules:
                wrap(sys.modules[name])
        sys.meta_path.insert(0, _AfterImport(wrappers))

    def refuse(self, error: Exception) -> Exception:
        """Remember the first refusal: the user's code may swallow or wrap the exception."""
        self.refused = self.refused or error
        return error

    def _set_libpq_variables(self) -> None:
        for name in [name for name in os.environ if name.startswith("PG") and name[2:3].isalpha()]:
            del os.environ[name]
        if self.url is not None:
            target = self.target
            os.environ.update(
                PGHOST=target["host"] or "",
                PGPORT=str(target["port"]),
                PGUSER=target["user"],
                PGPASSWORD=target["password"],
                PGDATABASE=target["database"],
            )

    def do_connect(self, dialect: Any, _record: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
        """SQLAlchemy's `do_connect`: change the arguments in place, and let SQLAlchemy connect."""
        if getattr(_bypass, "depth", 0):
            return
        if dialect.name != "postgresql":
            raise self.refuse(ForeignDatabaseError(dialect.name))
        if self.url is None:
            raise self.refuse(NoDatabaseError("this run has no database"))
        from sqlalchemy.engine import URL

        target = self.target
        place = URL.create(
            f"postgresql+{dialect.driver}",
            username=target["user"],
            password=target["password"],
            host=target["host"],
            port=target["port"],
            database=target["database"],
        )
        new_arguments, new_parameters = dialect.create_connect_args(place)
        kept = {key: value for key, value in parameters.items() if key not in PLACE_ARGUMENTS}
        arguments[:] = new_arguments
        parameters.clear()
        parameters.update(new_parameters)
        parameters.update(kept)
        self.count += 1

    def _arguments(self, given: Mapping[str, Any], database_name: str) -> dict[str, Any]:
        if self.url is None:
            raise self.refuse(NoDatabaseError("this run has no database"))
        kept = {key: value for key, value in given.items() if key not in PLACE_ARGUMENTS}
        target = dict(self.target)
        target[database_name] = target.pop("database")
        return {**kept, **target}

    def _wrap_asyncpg(self, module: ModuleType) -> None:
        original = module.connect

        @functools.wraps(original)
        async def connect(_dsn: str | None = None, **arguments: Any) -> Any:
            if getattr(_bypass, "depth", 0):
                return await original(_dsn, **arguments)
            return await original(**self._arguments(arguments, "database"), ssl=False)

        module.connect = connect  # type: ignore[attr-defined]  # replacing a driver's function is this class's job

    def _wrap_psycopg(self, module: ModuleType, class_name: str) -> None:
        connection_class = getattr(module, class_name)
        original = connection_class.connect.__func__

        @functools.wraps(original)
        def connect(cls: type, conninfo: str = "", **arguments: Any) -> Any:
            if getattr(_bypass, "depth", 0):
                return original(cls, conninfo, **arguments)
            from psycopg.conninfo import conninfo_to_dict

            given = {**conninfo_to_dict(conninfo), **arguments}
            return original(cls, **self._arguments(given, "dbname"))

        connection_class.connect = classmethod(connect)  # type: ignore[arg-type]  # wraps keeps the original signature

    def _wrap_psycopg2(self, module: ModuleType) -> None:
        original = module.connect

        @functools.wraps(original)
        def connect(dsn: str | None = None, *positional: Any, **arguments: Any) -> Any:
            if getattr(_bypass, "depth", 0):
                return original(dsn, *positional, **arguments)
            from psycopg2.extensions import parse_dsn

            given = {**(parse_dsn(dsn) if dsn else {}), **arguments}
            return original(None, *positional, **self._arguments(given, "dbname"))

        module.connect = connect  # type: ignore[attr-defined]  # replacing a driver's function is this class's job


class _AfterImport(importlib.abc.MetaPathFinder):
    """Calls a function with a module, right after that module was first executed."""

    def __init__(self, hooks: Mapping[str, Callable[[ModuleType], None]]) -> None:
        self._hooks = hooks

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        hook = self._hooks.get(fullname)
        if hook is None:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _HookedLoader(spec.loader, hook)
                return spec
        return None


class _HookedLoader(importlib.abc.Loader):
    def __init__(self, loader: Any, hook: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._hook = hook

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._hook(module)
