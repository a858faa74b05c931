"""Lists come in pages; a page is found again by where it begins, so rows that come meanwhile shift nothing."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Pages by `created_at`; ?page_size= up to 200, and `next` and `previous` as complete addresses."""

    ordering = ("-created_at", "-pk")
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
