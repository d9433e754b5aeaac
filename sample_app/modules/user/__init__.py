"""The user feature's own tables."""
