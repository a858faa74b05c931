"""The sponsorship report: what was measured, and how it leaves the house.

geometry, sightings, tracks, placement, exposure, airings and metrics compute docs/metrics.md from the stages' records;
tree, rows, view and score turn a report into files and numbers. All of them are pure. html (a Django template), load
and files (a job's stored report and its folder) are the rim.
"""
