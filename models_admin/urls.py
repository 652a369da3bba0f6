"""Addresses of the pages of models, and of this app's part of the API (`api_urlpatterns`)."""

from django.urls import path

from models_admin.api import history, registry, server, serving, training, transfers, validation, variants
from models_admin.views import history as history_pages
from models_admin.views import registry as pages
from models_admin.views import serving as serving_pages
from models_admin.views import training as training_pages
from models_admin.views import transfers as transfer_pages
from models_admin.views import validation as validation_pages

app_name = "models_admin"

urlpatterns: list = [
    path("deployments/", history_pages.timeline, name="timeline"),
    path("models/", pages.models, name="models"),
    path("models/<slug:name>/", pages.model, name="model"),
    path("models/<slug:name>/deploy/", serving_pages.deploy, name="deploy"),
    path("models/<slug:name>/versions/<str:version>/", pages.version, name="version"),
    path("models/<slug:name>/intakes/<uuid:intake_id>/", pages.intake, name="intake"),
    path("server/", serving_pages.server, name="server"),
    path("golden-sets/", validation_pages.golden_sets, name="golden_sets"),
    path("validations/<uuid:validation_id>/", validation_pages.validation, name="validation"),
    path("training/", training_pages.trainings, name="trainings"),
    path("training/<uuid:run_id>/", training_pages.training_run, name="training_run"),
    path("imports/", transfer_pages.imports, name="imports"),
]

api_urlpatterns: list = [
    path("deployments/", history.DeploymentsView.as_view(), name="deployments"),
    path("deployments/judging/", history.JudgingView.as_view(), name="deployments_judging"),
    path("deployments/timeline/", history.TimelineView.as_view(), name="deployments_timeline"),
    path("deployments/<int:deployment_id>/", history.DeploymentView.as_view(), name="deployment"),
    path("models/", registry.ModelsView.as_view(), name="models"),
    path("models/<slug:name>/", registry.ModelView.as_view(), name="model"),
    path("models/<slug:name>/versions/", registry.VersionsView.as_view(), name="model_versions"),
    path("models/<slug:name>/versions/<str:version>/", registry.VersionView.as_view(), name="model_version"),
    path(
        "models/<slug:name>/versions/<str:version>/status/",
        registry.VersionStatusView.as_view(),
        name="model_version_status",
    ),
    path("models/<slug:name>/versions/<str:version>/variants/", variants.VariantsView.as_view(), name="model_variants"),
    path("models/<slug:name>/variants/<uuid:run_id>/", variants.VariantView.as_view(), name="model_variant"),
    path(
        "models/<slug:name>/variants/<uuid:run_id>/cancel/",
        variants.VariantCancelView.as_view(),
        name="model_variant_cancel",
    ),
    path("models/<slug:name>/intakes/", registry.IntakesView.as_view(), name="model_intakes"),
    path("models/<slug:name>/intakes/<uuid:intake_id>/", registry.IntakeView.as_view(), name="model_intake"),
    path("models/<slug:name>/status/", serving.StatusView.as_view(), name="model_status"),
    path("models/<slug:name>/deploy/", serving.DeployView.as_view(), name="model_deploy"),
    path("models/<slug:name>/rollback/", serving.RollbackView.as_view(), name="model_rollback"),
    path("models/<slug:name>/version/", serving.VersionInForceView.as_view(), name="model_version_in_force"),
    path("models/<slug:name>/load/", serving.LoadView.as_view(), name="model_load"),
    path("models/<slug:name>/unload/", serving.UnloadView.as_view(), name="model_unload"),
    path("models/<slug:name>/config/", serving.ConfigView.as_view(), name="model_config"),
    path("models/<slug:name>/metadata/", serving.MetadataView.as_view(), name="model_metadata"),
    path("server/", server.ServerView.as_view(), name="server"),
    path("server/calls/", server.ControlCallsView.as_view(), name="server_calls"),
    path("golden-sets/", validation.GoldenSetsView.as_view(), name="golden_sets"),
    path("golden-sets/<uuid:golden_set_id>/", validation.GoldenSetView.as_view(), name="golden_set"),
    path(
        "golden-sets/<uuid:golden_set_id>/retire/", validation.GoldenSetRetireView.as_view(), name="golden_set_retire"
    ),
    path("models/<slug:name>/gates/", validation.GatesView.as_view(), name="model_gates"),
    path("models/<slug:name>/report/", validation.ModelReportView.as_view(), name="model_report"),
    path("models/<slug:name>/validate/", validation.ValidateView.as_view(), name="model_validate"),
    path("validations/", validation.ValidationsView.as_view(), name="validations"),
    path("validations/<uuid:validation_id>/", validation.ValidationView.as_view(), name="validation"),
    path(
        "validations/<uuid:validation_id>/cancel/", validation.ValidationCancelView.as_view(), name="validation_cancel"
    ),
    path("validations/<uuid:validation_id>/report.pdf", validation.ReportPdfView.as_view(), name="validation_pdf"),
    path("training/", training.TrainingsView.as_view(), name="training_runs"),
    path("training/<uuid:run_id>/", training.TrainingView.as_view(), name="training_run"),
    path("training/<uuid:run_id>/cancel/", training.TrainingCancelView.as_view(), name="training_cancel"),
    path("training/<uuid:run_id>/resume/", training.TrainingResumeView.as_view(), name="training_resume"),
    path("training/<uuid:run_id>/log/", training.TrainingLogView.as_view(), name="training_log"),
    path("training/<uuid:run_id>/curve/", training.TrainingCurveView.as_view(), name="training_curve"),
    path("imports/", transfers.ImportsView.as_view(), name="imports"),
    path("imports/sources/", transfers.ImportSourcesView.as_view(), name="import_sources"),
    path("imports/connection/", transfers.ImportConnectionView.as_view(), name="import_connection"),
    path("imports/<uuid:transfer_id>/", transfers.ImportView.as_view(), name="import"),
    path("imports/<uuid:transfer_id>/cancel/", transfers.ImportCancelView.as_view(), name="import_cancel"),
    path("exports/", transfers.ExportsView.as_view(), name="exports"),
]
