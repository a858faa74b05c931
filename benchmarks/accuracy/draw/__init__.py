"""Clips with exact truth in quantity: many sports, sizes, typefaces and camera moves, and clips that show no brand.

They are drawn from a seed and never kept with the code. What the sample broadcast can draw (detection/sample) is used
as it is; here is what it lacks.
"""
