"""Addresses of the pages (`urlpatterns`) and of this app's part of the API (`api_urlpatterns`)."""

from django.urls import path

from inspection.api import catalogue, inference, media, models, records, touched
from inspection.views import pages as views
from inspection.views import touched as touched_views

app_name = "inspection"

urlpatterns: list = [
    path("", views.wall, name="wall"),
    path("wafers/", views.wafers, name="wafers"),
    path("wafers/<uuid:wafer_id>/", views.wafer, name="wafer"),
    path("upload/", views.upload, name="upload"),
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/flipped/", touched_views.flipped, name="flipped"),
    path("deployments/<int:deployment_id>/", touched_views.deployment, name="deployment"),
    path("touched/", touched_views.touched, name="touched"),
    path("health/", views.health, name="health"),
    path("styleguide/", views.styleguide, name="styleguide"),
]

api_urlpatterns: list = [
    path("inference/predict/", inference.PredictView.as_view(), name="predict"),
    path("inference/batch/", inference.BatchView.as_view(), name="batch"),
    path("inference/jobs/", inference.JobsView.as_view(), name="jobs"),
    path("inference/jobs/<uuid:job_id>/", inference.JobView.as_view(), name="job"),
    path("inference/jobs/<uuid:job_id>/cancel/", inference.JobCancelView.as_view(), name="job_cancel"),
    path("inference/jobs/<uuid:job_id>/retry/", inference.JobRetryView.as_view(), name="job_retry"),
    path("inference/results/<uuid:run_id>/", inference.ResultView.as_view(), name="result"),
    path("inference/health/", inference.InferenceHealthView.as_view(), name="inference_health"),
    path("inference/metrics/", inference.InferenceMetricsView.as_view(), name="inference_metrics"),
    path("inference/benchmark/", inference.BenchmarkView.as_view(), name="benchmark"),
    path("lots/", records.LotsView.as_view(), name="lots"),
    path("lots/<int:lot_id>/", records.LotView.as_view(), name="lot"),
    path("wafers/", records.WafersView.as_view(), name="wafers"),
    path("wafers/<uuid:wafer_id>/", records.WaferView.as_view(), name="wafer"),
    path("wafers/<uuid:wafer_id>/hold/", records.HoldView.as_view(), name="wafer_hold"),
    path("wafers/<uuid:wafer_id>/release/", records.ReleaseView.as_view(), name="wafer_release"),
    path("wafers/<uuid:wafer_id>/standing/", records.WaferStandingView.as_view(), name="wafer_standing"),
    path("wafers/<uuid:wafer_id>/judged/", touched.WaferJudgedView.as_view(), name="wafer_judged"),
    path("touched/", touched.TouchedView.as_view(), name="touched"),
    path("touched/totals/", touched.TouchedTotalsView.as_view(), name="touched_totals"),
    path("touched/rerun/", touched.RerunView.as_view(), name="touched_rerun"),
    path("inference/jobs/<uuid:job_id>/flipped/", touched.JobFlippedView.as_view(), name="job_flipped"),
    path("runs/<uuid:run_id>/flipped/", touched.RunFlippedView.as_view(), name="run_flipped"),
    path("touched/csv/", touched.TouchedCsvView.as_view(), name="touched_csv"),
    path("images/", records.ImagesView.as_view(), name="images"),
    path("images/<uuid:image_id>/", records.ImageView.as_view(), name="image"),
    path("images/<uuid:image_id>/file/", media.ImageFileView.as_view(), name="image_file"),
    path("images/<uuid:image_id>/view/", media.ImageViewView.as_view(), name="image_view"),
    path("images/<uuid:image_id>/thumbnail/", media.ImageThumbnailView.as_view(), name="image_thumbnail"),
    path("images/<uuid:image_id>/tiles.dzi", media.ImageDziView.as_view(), name="image_dzi"),
    path(
        "images/<uuid:image_id>/tiles_files/<int:level>/<int:col>_<int:row>.jpg",
        media.ImageTileView.as_view(),
        name="image_tile",
    ),
    path("runs/", records.RunsView.as_view(), name="runs"),
    path("runs/<uuid:run_id>/", records.RunView.as_view(), name="run"),
    path("runs/<uuid:run_id>/retry/", inference.RunRetryView.as_view(), name="run_retry"),
    path("runs/<uuid:run_id>/cancel/", inference.RunCancelView.as_view(), name="run_cancel"),
    path("detections/", records.DetectionsView.as_view(), name="detections"),
    path("detections/<uuid:detection_id>/", records.DetectionView.as_view(), name="detection"),
    path(
        "detections/<uuid:detection_id>/explanation/",
        records.ExplanationView.as_view(),
        name="detection_explanation",
    ),
    path("wall/", records.WallView.as_view(), name="wall"),
    path("system/", records.SystemView.as_view(), name="system"),
    path("products/", catalogue.ProductsView.as_view(), name="products"),
    path("tools/", catalogue.ToolsView.as_view(), name="tools"),
    path("layers/", catalogue.LayersView.as_view(), name="layers"),
    path("recipes/", catalogue.RecipesView.as_view(), name="recipes"),
    path("recipes/<int:recipe_id>/versions/", catalogue.RecipeVersionsView.as_view(), name="recipe_versions"),
    path("defect_classes/", catalogue.DefectClassesView.as_view(), name="defect_classes"),
    path("models/<slug:name>/compatibility/", models.CompatibilityView.as_view(), name="model_compatibility"),
    path("models/<slug:name>/benchmark/", models.ModelBenchmarkView.as_view(), name="model_benchmark"),
    path("models/<slug:name>/performance/", models.PerformanceView.as_view(), name="model_performance"),
    path("models/<slug:name>/drift/", models.DriftView.as_view(), name="model_drift"),
]
