"""Stages here and on inference servers: whether they say the same, and what the servers bring."""
