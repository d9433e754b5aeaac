"""Data access: the only place where statements are written. Repositories flush; services commit."""
