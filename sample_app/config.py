"""Settings of the application, read from the environment (`DB__URL`, `DB__POOL_SIZE`, `DB__ECHO`)."""

from __future__ import annotations

import re
from functools import lru_cache

from pydantic import BaseModel, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseModel):
    """How to reach PostgreSQL; `url` is always the async (asyncpg) form, whatever driver the variable names."""

    url: str = "postgresql+asyncpg://postgres:postgres@localhost:5432/sample_app"
    pool_size: int = 5
    echo: bool = False

    @field_validator("url")
    @classmethod
    def _with_async_driver(cls, value: str) -> str:
        # Hosting platforms hand out postgres://… or postgresql://…, which SQLAlchemy does not take for asyncpg, and
        # sslmode=…, which asyncpg calls ssl.
        url, found = re.subn(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql+asyncpg://", value)
        if not found:
            raise ValueError("the URL of a PostgreSQL database is needed, as in postgresql://user:password@host/name")
        return re.sub(r"([?&])sslmode=", r"\1ssl=", url)

    @property
    def sync_url(self) -> str:
        """The same database through psycopg, for code that cannot await."""
        return re.sub(r"([?&])ssl=", r"\1sslmode=", self.url.replace("+asyncpg", "+psycopg", 1))


class Settings(BaseSettings):
    """Everything that differs between one deployment and the next."""

    model_config = SettingsConfigDict(env_nested_delimiter="__")

    db: DatabaseSettings = DatabaseSettings()


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        pydantic.ValidationError: a variable holds what it cannot hold.
    """
    return Settings()
