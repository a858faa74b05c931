"""Profiles: how footage is looked at."""
