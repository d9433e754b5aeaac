"""Correct downgrades that look like faults give no finding, whatever the driver."""

from __future__ import annotations

from pathlib import Path

import pytest
from round_trip_history import ASYNC_ENV, ENV, Revision, chain, write_history
from round_trip_lookalikes import SOUND

from harness.server import Server


@pytest.mark.parametrize("env", [ENV, ASYNC_ENV], ids=["psycopg", "asyncpg"])
def test_nothing_is_found(tmp_path: Path, server: Server, env: str) -> None:
    revisions = [
        revision
        for sound in SOUND
        for revision in (
            Revision(f"b_{sound.name}", sound.before, comment="# harness: irreversible – sets the scene"),
            Revision(sound.name, sound.up, sound.down),
        )
    ]
    counting = f"with open('runs', 'a') as runs:\n    runs.write('.')\n{env}"
    report = write_history(tmp_path, server, chain(revisions), env=counting).check("round-trip")
    assert [(finding.revision, finding.message) for finding in report.findings] == []
    assert [(check.outcome, check.reason) for check in report.checks] == [("passed", None)]
    # Once to look at the project, and once for the whole walk: nothing had to be built anew or seen a second time.
    assert (tmp_path / "runs").read_text() == ".."
