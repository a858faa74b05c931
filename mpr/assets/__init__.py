"""Footage: media assets, timelines, probing and ingest."""
