"""PostgreSQL URLs: checked, without SQLAlchemy's driver, pointed at another database, shown without the password."""

from __future__ import annotations

import difflib
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from harness.findings import UsageError

_KINDS = ("auto", "docker", "embedded")
_EXAMPLE = "Give a URL such as postgresql://user:password@localhost:5432/postgres."
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
    try:
        parts = urlsplit(f"postgresql://{rest}")
        port = parts.port
    except ValueError:
        raise UsageError(f"{what} has a host or port that cannot be read.", _port_hint(rest)) from None
    if "," in parts.netloc.rpartition("@")[2]:
        raise UsageError(f"{what} names more than one host.", "Name the one on which databases may be created.")
    if port == 0:
        raise UsageError(f"{what} has port 0.", _EXAMPLE)
    if parts.fragment:
        raise UsageError(
            f"{what} has a '#' in it.", "Write it as %23 when it is part of the user, password or database."
        )
    if not parts.hostname and not parse_qs(parts.query).get("host"):
        raise UsageError(f"{what} names no host.", _EXAMPLE)
    return with_database(parts.geturl(), unquote(parts.path.lstrip("/")) or "postgres")


def _port_hint(rest: str) -> str:
    if rest.count("@") > 1 or "[" in rest or "/" in rest.partition("@")[0]:
        return "Percent-encode special characters of the password: '@' is %40, '/' is %2F, ':' is %3A, '[' is %5B."
    return _EXAMPLE


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
