"""The endpoints of detection: starting an analysis, comparing two, and seeing what a stage saw."""
