"""Addresses of the pages (`urlpatterns`) and of this app's part of the API (`api_urlpatterns`)."""

from django.urls import path

from annotations import views
from annotations.api import queues, tasks

app_name = "annotations"

urlpatterns: list = [
    path("review/", views.queues, name="queues"),
    path("review/<uuid:queue_id>/", views.review, name="review"),
]

api_urlpatterns: list = [
    path("review/queues/", queues.QueuesView.as_view(), name="review_queues"),
    path("review/queues/<uuid:queue_id>/change/", queues.QueueChangeView.as_view(), name="review_queue_change"),
    path("review/queues/<uuid:queue_id>/next/", queues.NextView.as_view(), name="review_next"),
    path("review/edits/", tasks.EditsView.as_view(), name="review_edits"),
    path("review/tasks/<uuid:task_id>/", tasks.TaskView.as_view(), name="review_task"),
    path("review/tasks/<uuid:task_id>/decisions/", tasks.DecisionsView.as_view(), name="review_decisions"),
    path("review/tasks/<uuid:task_id>/undo/", tasks.UndoView.as_view(), name="review_undo"),
    path("review/tasks/<uuid:task_id>/release/", tasks.ReleaseView.as_view(), name="review_release"),
]
