"""Inside: turning an exception of the user's code into a `Failure` that helps a person."""

from __future__ import annotations

import ast
import dis
import re
import traceback
from pathlib import Path
from typing import Any, TypeGuard

from harness.environment.records import Failure

_OURS = str(Path(__file__).resolve().parent.parent)
# Where an object lay in memory, as its `repr` tells: another place in each run, and of no use to anybody.
_ADDRESS = re.compile(r" object at 0x[0-9A-Fa-f]+")
_LIBRARY_MARKS = ("/site-packages/", "/dist-packages/", "/lib/python")


def describe(error: BaseException, *, own_files: tuple[str, ...] = (), revision: str | None = None) -> Failure:
    """What is worth telling of an exception.

    Args:
        error: the exception; for SQLAlchemy's errors the driver's and PostgreSQL's own words are dug out.
        own_files: folders that hold the user's migrations, which may be inside an installed package.
        revision: the revision that was being applied.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if is_users(frame.filename, own_files)]
    innermost = own[-1] if own else None
    path, line = (innermost.filename, innermost.lineno) if innermost else (None, None)
    if isinstance(error, SyntaxError) and error.filename:
        path, line = error.filename, error.lineno or 1
    message, sql, sqlstate, detail, hint = _database_words(error)
    shown = traceback.TracebackException.from_exception(error)
    shown.stack = traceback.StackSummary.from_list(own or frames[-3:])
    return Failure(
        kind=_name(error),
        message=message,
        path=path,
        line=line,
        sql=sql,
        sqlstate=sqlstate,
        detail=detail,
        hint=hint,
        traceback="".join(shown.format(chain=False)).strip(),
        revision=revision,
        raised_on_purpose=bool(frames) and frames[-1] is innermost and _is_raise(innermost, error),
    )


def is_users(filename: str, own_files: tuple[str, ...]) -> bool:
    """Whether a file is the user's own: no library's and none of ours."""
    if filename.startswith(("<", _OURS)):
        return False
    if any(filename.startswith(folder) for folder in own_files):
        return True
    return not any(mark in filename for mark in _LIBRARY_MARKS)


def _is_raise(frame: traceback.FrameSummary | None, error: BaseException) -> bool:
    if frame is None or frame.lineno is None:
        return False
    try:
        tree = ast.parse(Path(frame.filename).read_bytes())
    except FileNotFoundError:  # a compiled file whose source is not there
        return _is_raised_by_bytecode(error)
    except (OSError, SyntaxError, ValueError):
        return False
    lines = [(node.lineno, node.end_lineno or node.lineno) for node in ast.walk(tree) if _always_raises(node)]
    return any(start <= frame.lineno <= end for start, end in lines)


def _always_raises(node: ast.AST) -> TypeGuard[ast.Raise | ast.Assert]:
    """Whether it is a `raise`, or an `assert False`."""
    if isinstance(node, ast.Assert):
        return isinstance(node.test, ast.Constant) and not node.test.value
    return isinstance(node, ast.Raise)


def _is_raised_by_bytecode(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and dis.opname[trace.tb_frame.f_code.co_code[trace.tb_lasti]] == "RAISE_VARARGS"


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _database_words(error: BaseException) -> tuple[str, str | None, str | None, str | None, str | None]:
    """Message, SQL, SQLSTATE, detail and hint: psycopg and psycopg2 keep them in `diag`, asyncpg on its own
    exception.
    """
    original: Any = getattr(error, "orig", None)
    sql = getattr(error, "statement", None)
    if original is None:
        return (_ADDRESS.sub("", str(error)) or _name(error)), None, None, None, None
    diagnostics = getattr(original, "diag", None)
    if diagnostics is not None and getattr(diagnostics, "message_primary", None):
        return (
            str(diagnostics.message_primary),
            sql,
            diagnostics.sqlstate,
            diagnostics.message_detail,
            diagnostics.message_hint,
        )
    cause = original.__cause__ or original
    message = getattr(cause, "message", None) or str(cause) or _name(cause)
    return (
        str(message),
        sql,
        getattr(cause, "sqlstate", None),
        getattr(cause, "detail", None),
        getattr(cause, "hint", None),
    )
