"""Failures and concurrency: a worker that dies, a restarted server, two tabs, a file that is not a photo."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.launch import Studio, running_studio
from tests.browser.person import PATIENCE_MS, Person


def test_two_tabs_see_each_other(editor: Person) -> None:
    other = Person(editor.page.context.new_page(), editor.url)
    other.page.goto(editor.page.url)
    other.ready()
    editor.take("Line")
    editor.drag([(0.2, 0.3), (0.7, 0.35)])
    editor.painted()
    lines = editor.lines()
    other.sees_lines(lines)
    other.take("Line")
    other.drag([(0.3, 0.8), (0.8, 0.7)])
    other.painted()
    assert (other.lines() != lines).any()
    editor.sees_lines(other.lines())
    other.undo()
    editor.sees_lines(lines)
    other.sees_lines(lines)
    other.page.close()


def test_a_file_that_is_no_photo(person: Person, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.png"
    wrong.write_text("this is no picture")
    person.page.get_by_label("Photo or project file").set_input_files(wrong)
    expect(person.page.get_by_role("alert")).to_be_visible(timeout=PATIENCE_MS)
    expect(person.page.get_by_role("button", name="Choose a photo")).to_be_visible()


def test_without_the_token_nobody_gets_in(browser: Browser, studio: Studio) -> None:
    context = browser.new_context()
    answer = context.new_page().goto(studio.origin + "/")
    assert answer is not None
    assert answer.status == 401
    context.close()


def test_an_old_tab_asks_for_the_new_link(browser: Browser, photo: Path, tmp_path: Path) -> None:
    """After a restart of the server the old cookie is invalid."""
    context = browser.new_context()
    page = context.new_page()
    with running_studio(tmp_path, "--preset", "draft") as first:
        port = first.origin.rsplit(":", 1)[1]
        person = Person(page, first.url)
        person.arrive()
        person.drop_photo(photo)
        person.edit()
        project = page.url
    expect(person.status).to_have_text("Connecting…", timeout=PATIENCE_MS)
    with running_studio(tmp_path, "--preset", "draft", "--port", port, "--token", "b" * 40) as second:
        expect(person.status).to_have_text("Open the studio’s new link", timeout=PATIENCE_MS)
        person.heard("restarted.*new link")
        person.take("Line")
        person.drag([(0.2, 0.2), (0.7, 0.3)])
        lines = person.lines()
        # Once the link is opened in this browser, the old tab reconnects and sends what was drawn meanwhile.
        context.new_page().goto(second.url)
        page.bring_to_front()
        expect(person.status).to_have_text(re.compile("Up to date|Rendered"), timeout=PATIENCE_MS)
        assert page.url == project
        page.reload()
        person.ready()
        person.sees_lines(lines)
    context.close()


def test_a_killed_worker_is_reported_and_replaced(editor: Person, studio: Studio) -> None:
    """The last test of this file: the new worker takes seconds to start."""
    editor.take("Line")
    for pid in studio.workers():
        os.kill(pid, signal.SIGKILL)
    editor.drag([(0.2, 0.6), (0.6, 0.65)])
    editor.heard("[Ww]orker|process|died|anew|crash")
    lines = editor.lines()
    # The server is alive, nothing drawn is lost, and the next stroke is rendered.
    editor.drag([(0.2, 0.7), (0.6, 0.75)])
    editor.painted()
    assert editor.lines().sum() >= lines.sum()
    expect(editor.status).to_contain_text("Rendered in", timeout=PATIENCE_MS)
