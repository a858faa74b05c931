"""One module a stage. Pure: no Django, no Celery."""
