"""Jobs: stage runs, shards, checkpoints, outputs, and the Celery tasks that work on them."""
