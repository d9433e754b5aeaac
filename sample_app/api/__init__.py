"""The HTTP side: one router a resource. Endpoints translate; services decide."""
