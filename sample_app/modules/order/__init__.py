"""The order feature's own tables."""
