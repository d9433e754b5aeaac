"""A small shop on FastAPI, async SQLAlchemy and PostgreSQL: the application that `alembic/` migrates.

Importing the package imports nothing else: `alembic/env.py` needs the settings and the models, not the web framework.
"""
