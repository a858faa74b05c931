"""Reports as files for other programs: each module writes one format, `catalogue` lists them all.

A file is made in pieces, so that those of a long broadcast are sent without being held whole.
"""
