"""The sponsorship report: what was measured, and how it leaves the house.

measured (and packed, its bytes) is what a report follows from; compiling makes a report of it and of settings, by
docs/metrics.md: geometry, sightings, tracks, placement, exposure, airings, metrics, placed, heat, value, costs.
tree, rows, view and score turn a report into files and numbers. All of them are pure. html (a Django template), load
and files (a job's stored report and its folder) are the rim.
"""
