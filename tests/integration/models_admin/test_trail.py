"""What a deployment says it waits for is in the trail, once."""

import pytest

from audit.models import AuditEvent
from models_admin import deployment as on_triton
from models_admin.services.reconciling import TRY_AGAIN_AFTER

pytestmark = pytest.mark.django_db


def notes():
    changes = AuditEvent.objects.filter(action="deployment.change").order_by("id")
    return [event for event in changes if event.before and "error" in event.before]


class TestANote:
    def test_is_recorded_when_it_is_made_and_when_it_is_taken_back(self, triton, registered, deploy, reconcile, clock):
        registered("1.0.0")
        row = deploy("1.0.0")
        on_triton.triton_control().unload_model(model_name="visual_defects__1_0_0")
        model = triton.repository / "visual_defects__1_0_0" / "1" / "model.onnx"
        sound = model.read_bytes()
        model.write_bytes(b"rotten")

        reconcile()
        reconcile()

        (made,) = notes()
        assert (made.object_id, made.actor["username"]) == (str(row.pk), "service:test")
        assert made.before == {"error": "", "tries": 0}
        assert made.after["error"].startswith("Triton does not load it")

        model.write_bytes(sound)
        clock.pass_by(seconds=TRY_AGAIN_AFTER.total_seconds())
        reconcile()

        _, taken_back = notes()
        assert (taken_back.before, taken_back.after) == (made.after, {"error": "", "tries": 0})
        assert taken_back.object_version == made.object_version + 1
