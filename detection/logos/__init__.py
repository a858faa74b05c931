"""Finding a logo from one picture of it: where one may be, what it looks like, and whether geometry agrees.

Pure: pictures in, values out; docs/logos.md says how it works, how its weights were made and what it was measured at.
"""
