"""The sponsorship report: what was measured, and how it leaves the house.

geometry, sightings, tracks, placement, exposure, airings and metrics compute docs/metrics.md from the stages' records;
tree, table, pictures, lanes and score turn a report into files and numbers. All of them are pure. page (a Django
template) and files (a job's folder) are the rim.
"""
