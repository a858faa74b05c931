"""The append-only log of every job."""
