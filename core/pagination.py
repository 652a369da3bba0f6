"""Cursor pages: flat in cost however deep, and never counting."""

from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """Newest first by time-ordered key."""

    ordering = "-id"
    page_size = 30
    page_size_query_param = "limit"
    max_page_size = 200
