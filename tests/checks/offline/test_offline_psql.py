"""A script is cut where psql cuts it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.checks.offline_psql import Command, Statement, split
from harness.server import ScratchDatabase

CASES = {
    "two statements": ("select 1; select 2;", ["select 1", "select 2"]),
    "nothing": (" ;; -- only; this\n;", []),
    "the last without a semicolon": ("select 1;\nselect 2\n", ["select 1", "select 2"]),
    "quotes": ("select 'a;b', 'it''s;', \"c;d\", \"e\"\";f\" from t;select 2;", 2),
    "a backslash in a plain string ends nothing": (r"select 'a\'; select 'b';", [r"select 'a\'", "select 'b'"]),
    "a backslash in an escape string": (
        r"select E'a\'; b'; select e'\\'; select 3;",
        [r"select E'a\'; b'", r"select e'\\'", "select 3"],
    ),
    "what follows an escape string in the next line is a plain one": ("select E'a'\n  '\\'; select 2;", 2),
    "a name that ends in e": ("select 1 as e; select type'a;b'; select name'c\\'; select 4;", 4),
    "dollar quotes": ("select $$a;b$$; select $x$ $$;'; $y$ $x$; select $größe$;$größe$;", 3),
    "a dollar in a name": ("select a$b$c; select 1 as d$b$;", 2),
    "a parameter is no quote": ("select $1; select $2;", 2),
    "line comments": ("select 1 -- a; 'b\n; select 2;", 2),
    "nested comments": (
        "select /* a; /* b; */ ' */ 1; select 2;",
        ["select /* a; /* b; */ ' */ 1", "select 2"],
    ),
    "an operator before a comment": ("select 1 +--;\n 2; select 1-/*;*/1;", 2),
    "parentheses": ("create rule r as on delete to t do also (delete from a; delete from b); select 1;", 2),
    "a parenthesis too much": ("select 1); select 2;", 2),
    "the body of a function": (
        "create or replace function f() returns int begin atomic select 1; select case when true then 2 end; end; "
        "select 1;",
        2,
    ),
    "the body of a procedure": ("create procedure p() begin atomic; select 1; end; select 1;", 2),
    "a transaction is no body": ("begin; create table t (id int); end; commit;", 4),
    "a table with a column named begin": ('create table function (begin int); select 1; create view "begin" as x;', 3),
    "a case outside of a body": ("create function f() returns int return case when true then 1 end; select 1;", 2),
    "variables that are not set": ("select a[1:b], :'c', :\"d\", e::int; select 2;", 2),
    "an escaped semicolon": (r"select 1\; select 2; select 3;", ["select 1; select 2", "select 3"]),
    "letters that are not ASCII": ("select 'ä;ö' as größe; select '日;本';", 2),
    "an open quote takes all": ("select 1; select 'a; select 2;", ["select 1", "select 'a; select 2;"]),
    "an open comment takes all": ("select 1; select /* a; select 2;", 2),
    "open dollar quotes take all": ("select 1; select $a$ b; $b$ select 2;", 2),
    "a comment that swallows a semicolon": ("select 1 -- one;\n\nselect 2;", ["select 1 -- one;\n\nselect 2"]),
}


@pytest.mark.parametrize("name", CASES)
def test_split(name: str) -> None:
    script, expected = CASES[name]
    found = [part.text for part in split(script)]
    assert found == expected if isinstance(expected, list) else len(found) == expected, found


def test_where_a_statement_begins_and_whether_it_ends() -> None:
    script = "-- first; comment\n  select 1;\n/* second */ select 2"
    assert list(split(script)) == [
        Statement("select 1", script.index("select 1")),
        Statement("select 2", script.index("select 2"), ended=False),
    ]


def test_comments_alone_are_no_statement() -> None:
    assert list(split("/* one; */ -- two;\n;\n/* three */")) == []


def test_commands_of_psql() -> None:
    script = "\\set ON_ERROR_STOP on\nselect '\\d';\n  \\connect other\nselect 2;"
    assert list(split(script)) == [
        Command("\\set ON_ERROR_STOP on", 0),
        Statement("select '\\d'", script.index("select")),
        Command("\\connect other", script.index("\\connect")),
        Statement("select 2", script.index("select 2")),
    ]


def _psql() -> str | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))
    return shutil.which("psql") or (str(places[-1]) if places else None)


@pytest.mark.parametrize("name", CASES)
def test_psql_itself_sends_the_same(database: ScratchDatabase, tmp_path: Path, name: str) -> None:
    """What psql says it sends (`--echo-queries`) is what we send, the comments in front of a statement aside."""
    psql = _psql()
    if psql is None:
        pytest.skip("there is no psql on this machine to compare with")
    script = CASES[name][0]
    path = tmp_path / "script.sql"
    path.write_text(script, encoding="utf-8")
    call = [
        psql,
        "--no-psqlrc",
        "--echo-queries",
        "--output",
        str(tmp_path / "rows"),
        "--file",
        str(path),
        database.url,
    ]
    ran = subprocess.run(call, capture_output=True, text=True, check=False, env={"PGCLIENTENCODING": "utf8"})
    ours = [part.text + ";" * getattr(part, "ended", True) for part in split(script)]
    assert _without_blanks("\n".join(ours)) == _without_blanks(ran.stdout)


def _without_blanks(sent: str) -> str:
    """psql leaves out empty lines, and sends empty statements."""
    return re.sub(r";+", ";", re.sub(r"\n+(?=\n|;)", "", sent)).strip("\n;")
