import threading

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from audit.models import AuditEvent
from models_admin import selectors, services
from models_admin.choices import VersionStatus
from models_admin.errors import ArtefactRefused, UnknownVersion, VersionTaken
from models_admin.models import Model, ModelVersion
from tests.factories_onnx import write_detector
from tests.integration.models_admin.conftest import ACTOR, NOW


def register(folder):
    return services.register_version(folder=folder, actor=ACTOR, now=NOW)


@pytest.mark.django_db
class TestRegisterVersion:
    def test_keeps_file_description_card_and_golden_answer(self, tmp_path):
        version = register(write_detector(tmp_path, version="1.2.0"))

        assert str(version) == "visual_defects 1.2.0"
        assert default_storage.open(version.artefact_key).read() == (tmp_path / "model.onnx").read_bytes()
        assert version.metadata["classes"][0] == "scratch"
        assert len(version.golden["scores"]) == 4
        assert (version.status, version.created_by) == (VersionStatus.CANDIDATE, ACTOR.username)

    def test_is_recorded(self, tmp_path):
        register(write_detector(tmp_path))

        assert sorted(AuditEvent.objects.values_list("action", flat=True)) == [
            "model.register",
            "model_version.register",
        ]

    def test_again_gives_the_same_row_and_records_nothing(self, tmp_path):
        first = register(write_detector(tmp_path))
        events = AuditEvent.objects.count()

        assert register(tmp_path).pk == first.pk
        assert AuditEvent.objects.count() == events

    def test_never_lets_a_version_change(self, tmp_path):
        register(write_detector(tmp_path / "a"))

        with pytest.raises(VersionTaken, match="new version"):
            register(write_detector(tmp_path / "b", seed=8))

    def test_links_a_variant_to_its_parent(self, tmp_path):
        import json

        parent = register(write_detector(tmp_path / "a", version="1.0.0"))
        folder = write_detector(tmp_path / "b", version="1.1.0")
        document = json.loads((folder / "model.json").read_text()) | {"parent": "1.0.0", "precision": "int8"}
        (folder / "model.json").write_text(json.dumps(document))

        assert register(folder).parent_id == parent.pk

    def test_a_refused_file_leaves_nothing(self, tmp_path):
        folder = write_detector(tmp_path, nan_above=0)

        with pytest.raises(ArtefactRefused, match="no finite number"):
            register(folder)

        assert (Model.objects.count(), ModelVersion.objects.count()) == (0, 0)


@pytest.mark.usefixtures("committed")
class TestAtOnce:
    def test_eight_register_one_version(self, tmp_path):
        write_detector(tmp_path)
        barrier, keys, faults = threading.Barrier(8), [], []

        def run():
            barrier.wait()
            try:
                keys.append(register(tmp_path).pk)
            except Exception as fault:
                faults.append(fault)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

        assert faults == []
        assert len(set(keys)) == 1
        assert AuditEvent.objects.filter(action="model_version.register").count() == 1


@pytest.mark.django_db
class TestSetVersionStatus:
    def test_moves_and_records(self, registered):
        registered("1.0.0")

        version = services.set_version_status(
            model_name="visual_defects",
            version="1.0.0",
            status=VersionStatus.VALIDATED,
            actor=ACTOR,
            now=NOW,
            reason="gate",
        )

        event = AuditEvent.objects.get(action="model_version.change")
        assert version.status == "validated"
        assert (event.before, event.after, event.reason) == ({"status": "candidate"}, {"status": "validated"}, "gate")

    def test_of_nobody_is_unknown(self):
        with pytest.raises(UnknownVersion):
            services.set_version_status(
                model_name="x", version="1.0.0", status=VersionStatus.VALIDATED, actor=ACTOR, now=NOW
            )


@pytest.mark.django_db
class TestSpecOf:
    def test_reads_the_stored_description(self, registered):
        version = registered("1.0.0")

        assert selectors.spec_of(version).sha256 == version.sha256
