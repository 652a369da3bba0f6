"""Sessions in the database, looked up by keys that can be keys."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore


class SessionStore(DatabaseSessionStore):
    """A cookie may hold anything, also what the database refuses to read; then there is simply no session."""

    def _validate_session_key(self, key: str) -> bool:
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()  # type: ignore[misc]

    @classmethod
    def get_model_class(cls) -> type:
        from django.contrib.sessions.models import Session

        return Session
