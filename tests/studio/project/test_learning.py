from __future__ import annotations

import io
import os
import signal
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.studio.visitor import Tab, Visitor


def learning(tab: Tab, *states: str) -> dict[str, Any]:
    header, _ = tab.until("learning", lambda header: header["learning"]["state"] in states)
    found: dict[str, Any] = header["learning"]
    return found


def ask(visitor: Visitor, project: str, what: str, status: int = 202) -> dict[str, Any]:
    answer = visitor.http.post(f"/api/projects/{project}/{what}", json={"minutes": 30} if what == "learn" else None)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ready(tab: Tab) -> None:
    tab.until("state", lambda header: header["project"]["model"] is not None)


def trainer(visitor: Visitor, project: str) -> int:
    return int(visitor.app.state.hub._open[project].models._learner._process.pid)


def test_learning_can_be_paused_resumed_after_a_crash_and_stopped(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        ready(tab)
        assert ask(visitor, project, "learn/pause", 409)["code"] == "busy"
        assert ask(visitor, project, "learn/resume", 409)["code"] == "busy"
        assert ask(visitor, project, "learn")["state"] == "starting"
        assert ask(visitor, project, "learn/resume", 409)["code"] == "busy"
        running = learning(tab, "running")
        assert running["step"] > 0
        assert running["steps"] > running["step"]
        assert running["seconds_left"] > 0
        more = ask(visitor, project, "learn")["seconds_left"]
        assert more > 30 * 60
        assert "G_L1" in running["losses"]
        # Editing goes on meanwhile.
        accepted = tab.draw("edges", 3, 4, np.ones((1, 30)))
        tab.rendered(accepted["history"]["revision"])

        assert ask(visitor, project, "learn/pause")["state"] == "pausing"
        paused = learning(tab, "paused")
        state, _ = tab.until("state", lambda header: header["project"]["model"]["steps"] > 0)
        assert state["project"]["steps"] == state["project"]["model"]["steps"] >= running["step"]
        preview = Image.open(io.BytesIO(visitor.get(project, "/preview").content))
        assert preview.size == (64, 48)
        photo = np.asarray(Image.open(io.BytesIO(visitor.get(project, "/photo").content)))
        assert 0 < np.abs(np.asarray(preview).astype(int) - photo).mean() < 60

        assert ask(visitor, project, "learn/resume")["state"] == "starting"
        again = learning(tab, "running")
        assert again["step"] > paused["step"]
        assert again["steps"] == running["steps"]

        os.kill(trainer(visitor, project), signal.SIGKILL)
        failed = learning(tab, "failed")
        assert "ended unexpectedly" in failed["message"]
        accepted = tab.draw("edges", 3, 8, np.ones((1, 30)))
        tab.rendered(accepted["history"]["revision"])

        # What a crash left undone need not be done.
        assert ask(visitor, project, "learn/stop")["state"] == "idle"
        assert visitor.get(project).json()["learning"]["state"] == "idle"
        assert visitor.app.state.hub._open[project].models._learner._process is None


def test_a_dead_painter_is_reported_and_replaced(visitor: Visitor, project: str) -> None:
    painter = visitor.app.state.hub.services.painter
    with visitor.tab(project) as tab:
        ready(tab)
        tab.rendered(0)
        os.kill(painter.pid, signal.SIGSTOP)
        accepted = tab.draw("edges", 3, 4, np.ones((1, 30)))
        time.sleep(0.1)
        os.kill(painter.pid, signal.SIGKILL)
        failure, _ = tab.until("failure")
        assert failure["problem"]["code"] == "worker_died"
        assert "rendering worker" in failure["problem"]["message"]
        # Nobody has to ask again.
        header = tab.rendered(accepted["history"]["revision"])
        assert header["edited"] is not None
        assert visitor.http.get("/api/info").status_code == 200


def test_an_idle_worker_that_dies_is_reported_too(visitor: Visitor, project: str) -> None:
    reader = visitor.app.state.hub.services.reader
    with visitor.tab(project) as tab:
        ready(tab)
        os.kill(reader.pid, signal.SIGKILL)
        failure, _ = tab.until("failure")
        assert "reading worker" in failure["problem"]["message"]
        assert visitor.http.post(f"/api/projects/{project}/extract", json={}).status_code == 200


def test_a_drawing_that_is_replaced_ends_its_training(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        assert ask(visitor, project, "learn")["state"] == "starting"  # even before the first model is there
        chosen = visitor.http.put(f"/api/projects/{project}/primitive", json={"regions": 3}).json()
        assert chosen["learning"]["state"] == "idle"
        tab.until("replaced")
        assert visitor.app.state.hub._open[project].models._learner._process is None
        assert visitor.app.state.hub.services.training_slot.locked() is False


def test_added_minutes_follow_the_planned_ones(visitor: Visitor, project: str) -> None:
    url = f"/api/projects/{project}/learn"
    with visitor.tab(project) as tab:
        visitor.http.post(url, json={"minutes": 0.001})
        visitor.http.post(url, json={"minutes": 0.001})
        first = learning(tab, "running")
        last = learning(tab, "idle")
        assert last["step"] > first["steps"]
        assert last["step"] == last["steps"]


def test_queued_minutes_are_discarded_with_their_drawing(visitor: Visitor, project: str) -> None:
    url = f"/api/projects/{project}/learn"
    with visitor.tab(project) as tab:
        ready(tab)
        for _ in range(2):
            assert visitor.http.post(url, json={"minutes": 30}).status_code == 202
        learning(tab, "running")
        assert visitor.http.put(f"/api/projects/{project}/primitive", json={"regions": 3}).status_code == 200
        tab.until("replaced")
        assert visitor.http.post(url, json={"minutes": 0.002}).status_code == 202
        running = learning(tab, "running")
        assert running["seconds_left"] < 60
        last = learning(tab, "idle")
        assert last["step"] == last["steps"] == running["steps"]


def test_the_time_learned_is_known_after_a_restart(visitor: Visitor, project: str) -> None:
    url = f"/api/projects/{project}/learn"
    with visitor.tab(project) as tab:
        visitor.http.post(url, json={"minutes": 0.005})
        before = learning(tab, "idle")
    visitor.close(project)
    after = visitor.get(project).json()["learning"]
    assert after["seconds"] == pytest.approx(before["seconds"], abs=0.1)
    assert (after["state"], after["step"]) == ("idle", before["step"])
    with visitor.tab(project) as tab:
        visitor.http.post(url, json={"minutes": 30})
        learning(tab, "running")
        visitor.http.post(f"{url}/pause")
        before = learning(tab, "paused")
    visitor.close(project)
    after = visitor.get(project).json()["learning"]
    assert after["seconds"] == pytest.approx(before["seconds"], abs=0.5)
    assert (after["state"], after["steps"]) == ("paused", before["steps"])
