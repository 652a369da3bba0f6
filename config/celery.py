"""The Celery application. Tasks are found in each app's `tasks` module and called by name."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("waferdeck")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
