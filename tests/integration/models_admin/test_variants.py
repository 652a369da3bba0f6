"""INT8 and FP16 forms of the shipped version, made by the program that makes them, on images of a frozen data set."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils.timezone import now as real_now

from accounts.models import Site
from core.errors import Invalid
from domain.datasets.records import Split
from models_admin import services
from models_admin.choices import Precision
from models_admin.errors import VersionTaken
from models_admin.models import ModelVersion, VariantRun
from tests.golden_data import freeze, scene_record
from tests.integration.models_admin.conftest import ACTOR

pytestmark = pytest.mark.usefixtures("committed")
ZOO = Path(__file__).resolve().parents[3] / "model_zoo" / "visual_defects"


@pytest.fixture
def shipped():
    """The shipped FP32 version."""
    return services.register_version(folder=ZOO / "2.2.0", actor=ACTOR, now=real_now())


@pytest.fixture
def dataset():
    Site.objects.create(code="FAB1", name="Fab 1")
    defects = ("particle", "pit", "bridge")
    return freeze([scene_record(number, defects=defects, split=Split.TRAIN) for number in range(3)])


def ask(dataset, precision=Precision.INT8, **values):
    return services.request_variant(
        model_name="visual_defects", version="2.2.0", precision=precision, dataset_sha256=dataset, actor=ACTOR,
        now=real_now(), **values,
    )  # fmt: skip


@pytest.mark.parametrize(("precision", "most_bytes_share"), [(Precision.INT8, 0.35), (Precision.FP16, 0.55)])
def test_is_made_measured_and_registered(shipped, dataset, precision, most_bytes_share):
    run, is_new = ask(dataset, precision)
    assert ask(dataset, precision) == (run, False), "the same again is the same"

    done = services.carry_out_variant(key=run.pk, actor=ACTOR, clock=real_now)

    assert (is_new, done.state, done.error_detail) == (True, "done", "")
    made = ModelVersion.objects.get(pk=done.made_id)
    beside = made.metadata["metrics"]["beside_parent"]
    assert (made.version, made.precision, made.parent, made.status) == ("2.3.0", precision, shipped, "candidate")
    assert made.metadata["training"]["dataset"] == dataset
    assert made.bytes < most_bytes_share * shipped.bytes
    assert beside["findings"] > 0
    assert beside["kept"] >= 0.8 * beside["findings"]
    assert set(beside["cpu_ms"]) == {"parent", "variant"}
    assert f"{beside['kept']} of {beside['findings']}" in made.card


def test_what_cannot_be_made_is_said_before(shipped, dataset):
    with pytest.raises(Invalid, match="no frozen data set"):
        ask("0" * 64)
    with pytest.raises(VersionTaken):
        ask(dataset, number="2.2.0")
    int8 = services.register_version(folder=ZOO / "2.3.0", actor=ACTOR, now=real_now())
    with pytest.raises(Invalid, match="has INT8 already"):
        services.request_variant(
            model_name="visual_defects", version=int8.version, precision=Precision.FP16, dataset_sha256=dataset,
            actor=ACTOR, now=real_now(),
        )  # fmt: skip


def test_a_data_set_whose_images_are_gone_ends_it_with_words(shipped, dataset):
    run, _ = ask(dataset)
    for name in default_storage.listdir("original")[0]:
        _remove(default_storage, f"original/{name}")

    done = services.carry_out_variant(key=run.pk, actor=ACTOR, clock=real_now)

    assert (done.state, done.error_code) == ("failed", "image_missing")
    assert VariantRun.objects.get().made is None


def _remove(storage, folder):
    folders, files = storage.listdir(folder)
    for name in files:
        storage.delete(f"{folder}/{name}")
    for name in folders:
        _remove(storage, f"{folder}/{name}")
