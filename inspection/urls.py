"""Addresses of the pages (`urlpatterns`) and of this app's part of the API (`api_urlpatterns`)."""

from django.urls import path

from inspection import views

app_name = "inspection"

urlpatterns: list = [
    path("", views.wall, name="wall"),
    path("wafers/", views.wafers, name="wafers"),
    path("wafers/<uuid:wafer_id>/", views.wafer, name="wafer"),
    path("upload/", views.upload, name="upload"),
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("health/", views.health, name="health"),
    path("styleguide/", views.styleguide, name="styleguide"),
]

api_urlpatterns: list = []
