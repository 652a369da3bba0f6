"""What work leaves in the trail, beside the runs' own events."""

import pytest

from audit.models import AuditEvent
from core.clock import now
from inspection import services

pytestmark = pytest.mark.django_db


def events(action):
    return list(AuditEvent.objects.filter(action=action).order_by("id"))


@pytest.fixture
def send(operator):
    def send(files):
        named = [services.BatchFile(name=f"{k}.png", data=data) for k, data in enumerate(files)]
        return services.create_batch(files=named, upload=services.Upload(), label="", actor=operator, now=now())

    return send


class TestAnImageThatWasInspectedBefore:
    def test_is_recorded_with_who_asked_and_the_run_that_answered(self, deployed, operator, png):
        def predict():
            return services.predict_image(
                data=png(), file_name="a.png", upload=services.Upload(), actor=operator, now=now()
            )

        first = predict()
        assert events("run.repeat") == []

        predict()

        (event,) = events("run.repeat")
        assert (event.object_id, event.actor["username"]) == (str(first.run.pk), "olga")
        assert event.after["image"] == str(first.fresh.image.pk)
        assert len(events("run.finish")) == 1


class TestAJob:
    def test_that_is_taken_up_again_is_recorded_with_what_it_was(self, deployed, send, png, operator):
        job = send([png(1), png(2)])
        services.cancel_job(job_id=job.pk, actor=operator, now=now())
        services.retry_failed_items(job_id=job.pk, actor=operator, now=now())

        # Both are of one moment, so their keys have no order: the first is the one that found both cancelled.
        restarted = sorted(events("job.restart"), key=lambda event: -event.before["cancelled"])
        assert sorted(event.after["items"] for event in restarted) == [[0], [1]]
        assert [event.before["cancelled"] for event in restarted] == [2, 1]
        assert {event.object_id for event in restarted} == {str(job.pk)}
        assert restarted[0].before["state"] == "cancelled"
        assert restarted[0].after["state"] == "running"
        assert {event.actor["username"] for event in restarted} == {"olga"}

    def test_that_ends_names_the_files_it_never_took_in(self, deployed, send, png):
        send([png(1), b"GIF89a....", b"nothing"])
        services.drain(budget_s=20)

        (ended,) = events("job.finish")
        assert ended.after["done"] == 1
        assert list(ended.after["not_taken"]) == ["1", "2"]
        assert ended.after["not_taken"]["1"] == "unsupported_format"
