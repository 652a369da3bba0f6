"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """Argon2id at more than twice the memory that OWASP asks for with two passes, within a small machine's means.

    Two sign-ins are checked at a time by a web process (`core.admission`): 92 MiB, and a tenth of a second each.
    """

    memory_cost = 46 * 1024
    time_cost = 2
    # One thread: its time is that of the request, not taken from the cores that inspect.
    parallelism = 1
