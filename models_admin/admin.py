"""The back office may look at models and deployments; changes go through the services."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from models_admin.models import Deployment, Model, ModelVersion, TrafficRoute


class ReadOnlyAdmin(admin.ModelAdmin):
    """Lists and shows, changes nothing."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Model)
class ModelPage(ReadOnlyAdmin):
    list_display = ("name", "kind", "created_at")


@admin.register(ModelVersion)
class ModelVersionPage(ReadOnlyAdmin):
    list_display = ("model", "version", "status", "precision", "sha256", "created_at")
    list_filter = ("model", "status")


@admin.register(Deployment)
class DeploymentPage(ReadOnlyAdmin):
    list_display = ("triton_name", "state", "error", "requested_by", "changed_at")
    list_filter = ("state",)


@admin.register(TrafficRoute)
class TrafficRoutePage(ReadOnlyAdmin):
    list_display = ("model", "recipe_code", "champion", "fallback", "generation", "changed_at")
