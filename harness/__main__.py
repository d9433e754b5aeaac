"""`python -m harness`: the same as the command `harness`."""

from __future__ import annotations

import sys

from harness.cli import main

sys.exit(main())
