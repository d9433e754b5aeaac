"""The modular structure: one package a feature, whose models `alembic/env.py` imports one by one."""
