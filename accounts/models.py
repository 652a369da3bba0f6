"""People, sites, tokens and the keys that make repeated requests harmless."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from knox.models import AbstractAuthToken


class Site(models.Model):
    """A fab or a line. Everything belongs to one; nobody sees another's."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64, default="UTC")

    class Meta:
        db_table = "site"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):  # type: ignore[django-manager-missing]
    """A person or a service account. Roles are groups; `sites` is what it may see."""

    sites = models.ManyToManyField(Site, related_name="users", blank=True)
    is_service = models.BooleanField(default=False)

    class Meta:
        db_table = "account"


class ApiToken(AbstractAuthToken):
    """A token for a program: hashed, expiring, limited to scopes (`read`, `write`)."""

    name = models.CharField(max_length=80, default="api")
    scopes = ArrayField(models.CharField(max_length=16), default=list)

    class Meta:
        db_table = "api_token"


class IdempotencyKey(models.Model):
    """The answer to a request that carried an `Idempotency-Key`, given again when it comes again.

    `attempt` is the fencing number: it grows with every claim, and only the newest claim may note or answer. `made` is
    the id of what an attempt has made, written in the transaction that made it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(null=True)
    location = models.CharField(max_length=300, blank=True, default="")
    attempt = models.PositiveIntegerField(db_default=1)
    held_until = models.DateTimeField(null=True)
    made = models.CharField(max_length=64, blank=True, db_default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "idempotency_key"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return self.key
