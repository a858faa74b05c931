"""The page that says whether workers, queues, storage and spend are in order."""
