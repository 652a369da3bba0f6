"""Settings of the tests: the same house, with cheap password hashes."""

from config.settings import *  # noqa: F403
from config.settings import DATABASES, ENV, STATEMENT_TIMEOUT_MS, database

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The test database is made and migrated by the owner.
DATABASES["default"] = database(
    ENV["DATABASE_MIGRATION_URL"] or ENV["DATABASE_URL"], statement_timeout_ms=STATEMENT_TIMEOUT_MS
)
# A pool would hold connections to the test database open when pytest drops it.
DATABASES["default"]["OPTIONS"].pop("pool", None)
DATABASES["default"]["CONN_MAX_AGE"] = 0
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    # Nothing is collected for tests inside the process.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
