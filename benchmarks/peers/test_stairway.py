"""alembic-gauntlet's stairway: each revision up, down and up again, the schema not compared."""

import pytest
from alembic_gauntlet.testing.consistency_mixin import MigrationConsistencyMixin


class TestStairway(MigrationConsistencyMixin):
    # The other tests of the mixin are left out with -k.

    @pytest.fixture
    def migration_db_url(self, empty_database: str) -> str:
        return empty_database.replace("postgresql://", "postgresql+asyncpg://", 1)

    @pytest.fixture
    def isolated_migration_schema(self) -> str:
        """The database is empty and the test's own: no schema has to be kept apart."""
        return "public"
