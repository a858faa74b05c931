"""Trying settings: the tree of what was tried on a timeline, a form for a stage's settings, replaying, promoting."""
