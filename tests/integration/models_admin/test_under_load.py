"""Deploying and rolling back while fifty clients ask: nobody is refused, nobody is told another version's answer."""

import threading
import time
from collections import Counter, defaultdict

import numpy as np
import pytest
from django.db import connection

from models_admin import deployment as on_triton
from models_admin import selectors, services
from models_admin.models import TrafficRoute
from models_admin.places import EVERYTHING
from models_admin.services import routing
from models_admin.services.reconciling import DRAIN_FOR
from serving import golden
from tests.integration.models_admin.conftest import ACTOR

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.runtime]
MODEL = "visual_defects"
CLIENTS = 50
# Each client thinks before it asks again: the load is steady, and the machine is not what is measured.
THINKS_S = 0.5
PATIENCE_S = 20.0
TILE = golden.tiles(tile_px=512)[2:3]


class Clients:
    """Fifty that ask all the time, each for the version its route names, and hold the answer against that version's."""

    def __init__(self, expected):
        self.expected = expected
        self.answers, self.faults, self.latencies_ms = Counter(), [], defaultdict(list)
        self.phase = "before"
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, args=[number]) for number in range(CLIENTS)]

    def __enter__(self):
        [thread.start() for thread in self._threads]
        return self

    def __exit__(self, *_):
        self._over.set()
        [thread.join(PATIENCE_S) for thread in self._threads]

    def until(self, version, *, within_s=10.0):
        """Seconds until some client has been answered by a version."""
        started_s, before = time.monotonic(), self.answers[version]
        while self.answers[version] == before:
            assert time.monotonic() - started_s < within_s, f"nobody was answered by {version}"
            time.sleep(0.01)
        return time.monotonic() - started_s

    def p95_ms(self, phase):
        return float(np.percentile(self.latencies_ms[phase], 95))

    def _ask_on(self, number):
        self._over.wait(THINKS_S * number / CLIENTS)
        try:
            while not self._over.is_set():
                self._ask()
                self._over.wait(THINKS_S)
        finally:
            connection.close()

    def _ask(self):
        phase, started_s = self.phase, time.monotonic()
        try:
            route = selectors.route_for(model_name=MODEL)
            answer = on_triton.triton_client().infer(model_name=route.triton_name, tiles=TILE, deadline_s=PATIENCE_S)
        except Exception as fault:
            self.faults.append(repr(fault))
            return
        self.latencies_ms[phase].append((time.monotonic() - started_s) * 1000)
        said_by = [name for name, boxes in self.expected.items() if np.allclose(answer.boxes, boxes, atol=1e-3)]
        if said_by != [route.version]:
            self.faults.append(f"{route.version} was named, {said_by} answered")
        self.answers[route.version] += 1


def test_ten_deploys_and_rollbacks_in_a_row_drop_nothing_and_name_nobody_wrongly(
    triton, registered, deploy, reconcile, clock, monkeypatch, record_property
):
    # Other processes are not told of a flip: they go by what they remember for a second.
    monkeypatch.setattr(routing.selectors, "forget_routes", lambda: None)
    monkeypatch.setattr(on_triton.probe, "TOGETHER_S", 0.1)
    for number, version in enumerate(("1.0.0", "1.1.0", "1.2.0")):
        registered(version, seed=number)
    took_s = defaultdict(list)

    def brought(version):
        started_s = time.monotonic()
        deploy(version)
        took_s["deploy"].append(time.monotonic() - started_s)

    def back_to(version, clients):
        started_s = time.monotonic()
        done = services.roll_back(model_name=MODEL, place=EVERYTHING, actor=ACTOR, now=clock(), reason="worse")
        assert (done.version.version, done.state) == (version, "active")
        clients.until(version)
        took_s["rollback"].append(time.monotonic() - started_s)

    expected = {}
    for version in ("1.2.0", "1.1.0", "1.0.0"):
        deploy(version)
        name = f"{MODEL}__{version.replace('.', '_')}"
        expected[version] = on_triton.triton_client().infer(model_name=name, tiles=TILE, deadline_s=5).boxes
    selectors.forget_routes()
    # 1.0.0 judges; 1.2.0 is gone, so that it is brought anew in the midst of it all.
    services.unload_version(model_name=MODEL, version="1.2.0", actor=ACTOR, now=clock())
    clock.pass_by(seconds=DRAIN_FOR.total_seconds())
    assert reconcile().retired == [f"{MODEL}__1_2_0"]

    with Clients(expected) as clients:
        clients.until("1.0.0")
        time.sleep(2 * THINKS_S)
        clients.phase = "during"
        for _ in range(2):
            brought("1.1.0")
            clients.until("1.1.0")
            back_to("1.0.0", clients)
        brought("1.2.0")
        clients.until("1.2.0")
        back_to("1.0.0", clients)
        services.change_config(
            model_name=MODEL, values={"max_queue_size": 99}, seen_revision=0, actor=ACTOR, now=clock()
        )
        clock.pass_by(seconds=DRAIN_FOR.total_seconds())
        # That clock does not move what is remembered of routes.
        time.sleep(1.1)
        reconcile()
        assert TrafficRoute.objects.get().champion.triton_name == f"{MODEL}__1_0_0__c1"
        for version in ("1.1.0", "1.2.0"):
            brought(version)
            clients.until(version)
            back_to("1.0.0", clients)

    asked = sum(clients.answers.values())
    figures = {
        "requests": asked,
        "p95_ms": {phase: round(clients.p95_ms(phase), 1) for phase in ("before", "during")},
        "took_s": {what: [round(one, 2) for one in took] for what, took in took_s.items()},
        "by_version": dict(clients.answers),
    }
    record_property("figures", figures)
    print(figures)
    assert clients.faults == []
    assert asked > 4 * CLIENTS
    assert len(took_s["deploy"]) + len(took_s["rollback"]) == 10
    assert max(took_s["rollback"]) < 5
