"""PostgreSQL URLs: checked, without SQLAlchemy's driver, pointed at another database, shown without the password."""

from __future__ import annotations

import difflib
import re
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from harness.findings import UsageError

_KINDS = ("auto", "docker", "embedded")
_EXAMPLE = "Give a URL such as postgresql://user:password@localhost:5432/postgres."
_ENCODING = "In a user or password write '@' as %40, '/' as %2F, ':' as %3A, '#' as %23, '[' as %5B, '%' as %25."
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEMES = ("postgresql", "postgres")


def server_url(text: str, what: str = "--server") -> str:
    """The libpq-compatible URL that a text means: `postgresql://…` without a `+driver`.

    Args:
        text: what the user wrote, also `postgres://…` and `postgresql+asyncpg://…`.
        what: the option it came from, for the message.

    Returns:
        The same URL; a missing database becomes `postgres`, since one is needed to connect to a server.

    Raises:
        UsageError: it is no PostgreSQL URL. The message never shows the password.
    """
    if "://" not in text:
        nearest = difflib.get_close_matches(text.lower(), _KINDS, n=1, cutoff=0.6)
        hint = f"Did you mean {nearest[0]!r}?" if nearest else "Use auto, docker, embedded, or postgresql://…"
        # What is no URL may still be a connection string with a password in it ("host=… password=…").
        shown = f" ({text!r})" if text.isidentifier() else ""
        raise UsageError(f"{what} is neither auto, docker, embedded nor a URL{shown}.", hint)
    scheme, _, rest = text.partition("://")
    dialect = scheme.partition("+")[0].lower()
    if dialect not in _SCHEMES:
        raise UsageError(
            f"{what} is a URL of {dialect or 'nothing'!r}, and harness works on PostgreSQL only.", _EXAMPLE
        )
    if "#" in rest or rest.count("@") > 1 or "/" in rest.rpartition("@")[0] or _STRAY_PERCENT.search(rest):
        raise UsageError(f"{what} has a special character that is not percent-encoded.", _ENCODING)
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    if "," in authority.rpartition("@")[2]:
        raise UsageError(f"{what} names more than one host.", "Name the one on which databases may be created.")
    try:
        parts = urlsplit(f"postgresql://{rest}")
        port = parts.port
    except ValueError:
        raise UsageError(f"{what} has a host or port that cannot be read.", f"{_EXAMPLE} {_ENCODING}") from None
    if port == 0:
        raise UsageError(f"{what} has port 0.", _EXAMPLE)
    if not parts.hostname and not parse_qs(parts.query).get("host"):
        raise UsageError(f"{what} names no host.", _EXAMPLE)
    url = with_database(parts.geturl(), unquote(parts.path.lstrip("/")) or "postgres")
    try:
        conninfo_to_dict(url)
    except ProgrammingError as error:
        # The parts are sound by now, so what libpq objects to, and quotes, is a parameter.
        raise UsageError(
            f"{what} cannot be used with PostgreSQL's own client library: {str(error).strip()}.",
            "Leave out parameters that only one driver knows.",
        ) from None
    return url


def with_database(url: str, database: str) -> str:
    """The URL of another database on the same server."""
    parts = urlsplit(url)
    # Built by hand: with an empty host (a socket given as ?host=) geturl() would drop the slashes of the authority.
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{quote(database, safe='')}{query}"


def masked(url: str) -> str:
    """The URL with its password replaced, for messages."""
    parts: SplitResult = urlsplit(url)
    credentials, at, host = parts.netloc.rpartition("@")
    user, colon, _ = credentials.partition(":")
    return f"{parts.scheme}://{user}{':***' if colon else ''}{at}{host}{parts.path}"


def build_url(user: str, password: str, host: str, port: int, database: str) -> str:
    """A `postgresql://` URL of plain parts, percent-encoded."""
    host = f"[{host}]" if ":" in host else host
    return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}/{quote(database, safe='')}"
