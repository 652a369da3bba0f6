"""Addresses of the pages (`urlpatterns`) and of this app's part of the API (`api_urlpatterns`)."""

from django.urls import path

from annotations import views
from annotations.api import datasets, doubts, hands, queues, regions, scorecards, stages, tasks, training, trust

app_name = "annotations"

urlpatterns: list = [
    path("review/", views.queues, name="queues"),
    path("review/disputes/", views.disputes, name="disputes"),
    path("review/decided/", views.decided, name="decided"),
    path("review/agreement/", views.agreement, name="agreement"),
    path("review/scorecard/", views.scorecard, name="scorecard"),
    path("review/quality/", views.quality, name="quality"),
    path("review/doubts/", views.doubts, name="doubts"),
    path("review/<uuid:queue_id>/", views.review, name="review"),
    path("datasets/", views.datasets, name="datasets"),
    path("datasets/<uuid:dataset_id>/", views.dataset, name="dataset"),
]

api_urlpatterns: list = [
    path("review/queues/", queues.QueuesView.as_view(), name="review_queues"),
    path("review/queues/<uuid:queue_id>/change/", queues.QueueChangeView.as_view(), name="review_queue_change"),
    path("review/queues/<uuid:queue_id>/next/", queues.NextView.as_view(), name="review_next"),
    path("review/queues/<uuid:queue_id>/hands/", hands.HandsView.as_view(), name="review_hands"),
    path("review/tasks/<uuid:task_id>/hand-over/", hands.HandOverView.as_view(), name="review_hand_over"),
    path("review/edits/", tasks.EditsView.as_view(), name="review_edits"),
    path("review/images/<uuid:image_id>/region/", regions.RegionView.as_view(), name="review_region"),
    path("review/tasks/", stages.TasksView.as_view(), name="review_tasks"),
    path("review/tasks/validate/", stages.ValidateView.as_view(), name="review_validate"),
    path("review/tasks/accept/", stages.AcceptView.as_view(), name="review_accept"),
    path("review/tasks/<uuid:task_id>/ruling/", stages.RulingView.as_view(), name="review_ruling"),
    path("review/tasks/<uuid:task_id>/reopen/", stages.ReopenView.as_view(), name="review_reopen"),
    path("review/tasks/<uuid:task_id>/", tasks.TaskView.as_view(), name="review_task"),
    path("review/tasks/<uuid:task_id>/decisions/", tasks.DecisionsView.as_view(), name="review_decisions"),
    path("review/tasks/<uuid:task_id>/undo/", tasks.UndoView.as_view(), name="review_undo"),
    path("review/tasks/<uuid:task_id>/release/", tasks.ReleaseView.as_view(), name="review_release"),
    path("review/agreement/", trust.AgreementView.as_view(), name="review_agreement"),
    path("review/agreement/tasks/", trust.DifferencesView.as_view(), name="review_differences"),
    path("review/quality/", trust.QualityView.as_view(), name="review_quality"),
    path("review/doubts/", doubts.DoubtsView.as_view(), name="review_doubts"),
    path("review/tasks/<uuid:task_id>/doubt/dismiss/", doubts.DoubtDismissView.as_view(), name="review_doubt_dismiss"),
    path("review/reviewers/", scorecards.ReviewersView.as_view(), name="review_reviewers"),
    path("review/scorecard/", scorecards.ScorecardView.as_view(), name="review_scorecard"),
    path("review/scorecard/tasks/", scorecards.ScorecardItemsView.as_view(), name="review_scorecard_items"),
    path("review/appeals/", scorecards.AppealsView.as_view(), name="review_appeals"),
    path("review/appeals/<uuid:appeal_id>/answer/", scorecards.AppealAnswerView.as_view(), name="review_appeal_answer"),
    path(
        "review/appeals/<uuid:appeal_id>/withdraw/",
        scorecards.AppealWithdrawView.as_view(),
        name="review_appeal_withdraw",
    ),
    path("datasets/", datasets.DatasetsView.as_view(), name="datasets"),
    path("datasets/imports/", datasets.DatasetImportsView.as_view(), name="dataset_imports"),
    path("datasets/preview/", datasets.DatasetPreviewView.as_view(), name="dataset_preview"),
    path("datasets/<uuid:dataset_id>/", datasets.DatasetView.as_view(), name="dataset"),
    path("datasets/<uuid:dataset_id>/statistics/", datasets.DatasetStatisticsView.as_view(), name="dataset_statistics"),
    path("datasets/<uuid:dataset_id>/diff/", datasets.DatasetDiffView.as_view(), name="dataset_diff"),
    path("datasets/<uuid:dataset_id>/exports/", datasets.DatasetExportsView.as_view(), name="dataset_exports"),
    path("datasets/<uuid:dataset_id>/export/", datasets.DatasetExportView.as_view(), name="dataset_export"),
    path("training/rules/", training.RulesView.as_view(), name="training_rules"),
    path("training/rules/<uuid:rule_id>/change/", training.RuleChangeView.as_view(), name="training_rule_change"),
    path("training/suggestions/", training.SuggestionsView.as_view(), name="training_suggestions"),
    path(
        "training/suggestions/<uuid:suggestion_id>/dismiss/",
        training.SuggestionDismissView.as_view(),
        name="training_suggestion_dismiss",
    ),
]
