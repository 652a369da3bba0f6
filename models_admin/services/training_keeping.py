"""What a trainer says, kept as it goes: the log in pieces, the points of its curves, how far it is."""

import time

from django.db import transaction

from models_admin.choices import PointKind, WorkState
from models_admin.models import TrainingLog, TrainingPoint, TrainingRun
from models_admin.models.training import LONGEST_LOG
from models_admin.services import work
from models_admin.trainer.said import DOING, Said

FLUSH_S = 0.7
NOT_KEPT = "\n--- the rest is not kept\n"


class Kept:
    """What the trainer says, written down a few times a second, as long as the run is ours."""

    def __init__(self, run: TrainingRun, progress: work.Progress) -> None:
        self._run = run
        self._progress = progress
        self._text = ""
        self._points: dict[tuple[str, int], dict[str, float]] = {}
        self._doing, self._step, self._device = run.doing, run.steps_done, ""
        self._flushed_s = 0.0
        self.last_words = ""

    def note(self, said: Said) -> None:
        self._text += said.text + "\n"
        if not (said.phase or said.loss or said.metrics) and said.text.strip():
            self.last_words = said.text.strip()[-500:]
        self._doing = DOING.get(said.phase, said.phase) if said.phase else self._doing
        self._device = said.device or self._device
        if said.step is not None:
            self._step = min(said.step, self._run.steps)
            for kind, values in ((PointKind.LOSS, said.loss), (PointKind.METRICS, said.metrics)):
                if values:
                    self._points[kind, said.step] = values

    def flush_when_due(self) -> None:
        if time.monotonic() - self._flushed_s >= FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Write all down in one transaction, which fails where the run is another's.

        Raises:
            LostWork, WorkCancelled: see `Progress.step`.
        """
        self._flushed_s = time.monotonic()
        before = self._run.log_length
        try:
            with transaction.atomic():
                self._write(self._run)
                self._progress.step(self._step, self._run.steps, self._doing)
        except BaseException:
            self._run.log_length = before
            raise
        self._text, self._points = "", {}

    def flush_quietly(self) -> None:
        """The rest, at the end, whatever the end is; what is another's by now is left alone."""
        with transaction.atomic():
            held = TrainingRun.objects.select_for_update(no_key=True).filter(
                pk=self._run.pk, attempt=self._run.attempt, state=WorkState.RUNNING
            )
            if held.exists():
                self._write(self._run)
        self._text, self._points = "", {}

    def _write(self, run: TrainingRun) -> None:
        if self._text and run.log_length < LONGEST_LOG:
            room = LONGEST_LOG - run.log_length
            text = (
                self._text if len(self._text) <= room else self._text[: max(0, room - len(NOT_KEPT))] + NOT_KEPT[-room:]
            )
            TrainingLog.objects.create(run=run, offset=run.log_length, text=text)
            run.log_length += len(text)
        rows = [
            TrainingPoint(run=run, kind=kind, step=step, values=values) for (kind, step), values in self._points.items()
        ]
        TrainingPoint.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["run", "kind", "step"], update_fields=["values"]
        )
        run.device = self._device or run.device
        TrainingRun.objects.filter(pk=run.pk, attempt=run.attempt).update(log_length=run.log_length, device=run.device)
