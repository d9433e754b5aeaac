"""What `harness init` writes: the sample application's own migrations, one test a check."""

from harness.testing import *
