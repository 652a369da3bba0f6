from django.apps import AppConfig


class ModelsAdminConfig(AppConfig):
    name = "models_admin"
    default_auto_field = "django.db.models.BigAutoField"
