"""Stage contract, registry, graph, typed config and cache keys. Pure Python: no Django, no Celery."""
