"""Review: what people decide about a job's findings, kept apart from what the machine found.

models (decisions and open questions as rows), subjects and alike (rules on plain values: which decision is about which
finding, what follows from several, which findings look alike) and edits' results (detection.report.reviews) are what
review is; queue, deciding, undoing, mirror, teaching and views are the rim. applying is the way to the report.
"""
