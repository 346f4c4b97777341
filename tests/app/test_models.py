"""The Models page, without a browser, against recordings of a real Ollama server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from jitai.judge import embedded
from jitai.judge.ollama.management import CANCELLED, DONE, BackgroundWork
from jitai.paths import default_data_dir
from jitai.ui.session.resources import background_jobs, reread_prompts, server_watch
from tests.app.driver import (
    LIVE,
    TIMEOUT_S,
    as_markup,
    as_text,
    click,
    go_to,
    open_app,
    state_of,
    widget,
    without_error,
)
from tests.replay import ReplayServer, answer

MODELS = "pages/models.py"
MODEL = "smollm2:135m"
PULLING = f"Pulling {MODEL}"
PULL = f"pull_{MODEL}"


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    with ReplayServer() as server:
        for method, path, name in (
            ("GET", "/api/version", "version"),
            ("GET", "/api/tags", "tags"),
            ("GET", "/api/ps", "ps_loaded"),
            ("POST", "/api/show", "show"),
            ("POST", "/api/generate", "load_only"),
        ):
            server.answer_always(method, path, name)
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        yield server


def open_models() -> AppTest:
    """The page, after its first look at the server."""
    app = open_app(MODELS)
    widget(app.button, "look_at_models").click()
    return app.run()


def figures(app: AppTest) -> dict[str, str]:
    """The four figures at the top."""
    return {element.label: element.value.replace("\\", "") for element in app.metric}


def labels(app: AppTest) -> list[str]:
    return [element.label for element in app.button]


def the_work(key: str) -> BackgroundWork:
    [work] = [item for item in background_jobs()._works if item.key == key]
    return work


def finish(app: AppTest, key: str) -> AppTest:
    """Wait until a piece of work has ended, and draw the page again."""
    for work in list(background_jobs()._works):
        assert work.key != key or work.wait(TIMEOUT_S)
    return app.run()


def press(app: AppTest, key: str) -> AppTest:
    return next(element for element in app.button if element.key == key).click().run()


def test_without_a_server_the_page_says_how_to_get_one() -> None:
    app = without_error(open_models())
    assert figures(app)["Ollama server"] == "not found"
    assert "ollama serve" in as_markup(app)
    assert "Nobody answers at 127.0.0.1:1" in as_markup(app).replace("\\", "")
    assert "Pull" not in labels(app)
    assert any(embedded.MODEL_NAME in text for text in as_text(app))


def test_the_first_draw_does_not_wait_for_the_server(replay: ReplayServer) -> None:
    replay.delay_s = 1.0
    app = without_error(open_app(MODELS))
    assert figures(app)["Ollama server"] == "looking …"
    replay.delay_s = 0.0
    assert figures(click(app, "look_at_models"))["Ollama server"] == "0.24.0"


def test_what_is_on_the_server(replay: ReplayServer) -> None:
    replay.answer_always("GET", "/api/tags", "tags_two")
    app = without_error(open_models())
    shown = figures(app)
    assert (shown["Ollama server"], shown["In its memory"]) == ("0.24.0", "1 of 2")
    assert {MODEL, "walk-judge:latest"} <= set(as_text(app))
    facts = as_markup(app).replace("\\", "")
    assert "98 MB · llama, 134.52M, Q4_1 · reads up to 8,192 tokens · takes 191 MB of memory" in facts
    assert replay.host in facts


def test_a_server_without_models(replay: ReplayServer) -> None:
    replay.answer_always("GET", "/api/tags", "tags_empty")
    replay.answer_always("GET", "/api/ps", "ps_empty")
    app = without_error(open_models())
    assert "no model yet" in as_markup(app)
    assert "Pull" in labels(app)


def test_a_model_is_chosen_as_the_judge(replay: ReplayServer) -> None:
    app = open_models()
    app = press(app, "pick_embedded")
    assert state_of(without_error(app)).judge_at_work == "embedded"
    app = press(app, f"pick_ollama:{MODEL}")
    assert state_of(app).judge_at_work == f"ollama:{MODEL}"
    assert state_of(go_to(app, LIVE)).judge_at_work == f"ollama:{MODEL}"


def test_load_and_unload(replay: ReplayServer) -> None:
    app = open_models()
    replay.answer_always("GET", "/api/ps", "ps_empty")
    replay.answer_next("unload")
    app = finish(press(app, f"do_unload_{MODEL}"), f"unload_{MODEL}")
    assert figures(without_error(app))["In its memory"] == "0 of 1"
    assert [question.body["keep_alive"] for question in replay.questions if question.path == "/api/generate"] == [0]
    replay.answer_always("GET", "/api/ps", "ps_loaded")
    app = finish(press(app, f"do_load_{MODEL}"), f"load_{MODEL}")
    assert figures(without_error(app))["In its memory"] == "1 of 1"


def test_a_model_is_deleted_after_a_second_thought(replay: ReplayServer) -> None:
    app = press(open_models(), f"delete_{MODEL}")
    assert "DELETE" not in [question.method for question in replay.questions]
    app = press(app, "keep_model")
    assert "Delete for good" not in labels(app)
    app = press(app, f"delete_{MODEL}")
    replay.answer_always("GET", "/api/tags", "tags_empty")
    app = finish(press(app, f"do_delete_{MODEL}"), f"delete_{MODEL}")
    assert [question.body for question in replay.questions if question.method == "DELETE"] == [{"model": MODEL}]
    assert MODEL not in as_text(without_error(app))
    assert state_of(app).model_to_delete == ""


def test_settings_are_used_and_survive_a_visit_to_another_page(replay: ReplayServer) -> None:
    app = open_models()
    app = widget(app.selectbox, "ollama_keep_alive").set_value("1h").run()
    app = widget(app.selectbox, "ollama_context_tokens").set_value(4096).run()
    app = widget(app.number_input, "ollama_read_timeout_s").set_value(300).run()
    app = without_error(go_to(go_to(app, LIVE), MODELS))
    assert widget(app.selectbox, "ollama_keep_alive").value == "1h"
    assert widget(app.selectbox, "ollama_context_tokens").value == 4096
    assert widget(app.number_input, "ollama_read_timeout_s").value == 300
    replay.answer_always("GET", "/api/ps", "ps_empty")
    app = press(click(app, "look_at_models"), f"do_load_{MODEL}")
    finish(app, f"load_{MODEL}")
    body = next(question.body for question in replay.questions if question.path == "/api/generate")
    assert (body["keep_alive"], body["options"]["num_ctx"]) == ("1h", 4096)


def pull_from_the_box(app: AppTest, name: str) -> AppTest:
    widget(app.text_input, "pull_name").set_value(name)
    return next(element for element in app.button if element.key == "pull").click().run()


def test_pull_cancel_and_go_on(replay: ReplayServer) -> None:
    # As recorded, but silent in the middle for as long as the slowest machine needs to press Cancel.
    chunks = replay.exchanges["pull_cancelled"]["response"]["chunks"]
    chunks.append({**chunks[-1], "at_s": 10.0 * TIMEOUT_S})
    replay.keep_pauses = True
    replay.answer_always("POST", "/api/pull", "pull_cancelled")
    app = without_error(pull_from_the_box(open_models(), MODEL))
    assert PULLING in as_text(app)
    app = without_error(go_to(go_to(app, LIVE), MODELS))
    assert PULLING in as_text(app), "leaving the page loses nothing"
    work = the_work(PULL)
    assert work.running
    app = press(app, f"cancel_{PULL}")
    assert work.wait(TIMEOUT_S)
    app = without_error(app.run())
    assert work.state == CANCELLED
    assert "What has arrived is kept" in as_markup(app)

    replay.answer_always("POST", "/api/pull", "pull_resumed")
    app = finish(press(app, f"again_{PULL}"), PULL)
    assert the_work(PULL).state == DONE
    assert "Done, after" in as_markup(without_error(app))
    app = press(app, f"dismiss_{PULL}")
    assert PULLING not in as_text(app)


def test_a_pull_without_internet(replay: ReplayServer) -> None:
    replay.answer_always("POST", "/api/pull", "pull_offline")
    app = finish(pull_from_the_box(open_models(), MODEL), PULL)
    assert not app.exception
    [error] = [element.value.replace("\\", "") for element in app.error]
    assert "cannot reach the model registry" in error
    assert "registry.example" not in error
    assert "Try again" in labels(app)


@pytest.mark.parametrize("typed", ["", "a b", "<script>alert(1)</script>", "![x](http://evil/x.png)"])
def test_names_that_no_model_has(replay: ReplayServer, typed: str) -> None:
    app = pull_from_the_box(open_models(), typed)
    assert not app.exception
    assert len(app.error) == 1
    assert not background_jobs().running
    assert "/api/pull" not in replay.paths()
    assert not typed or typed not in as_markup(app)


HOSTILE = ":red[x] ![x](http://evil/x.png) <b>$x$</b> **b**"


def test_what_a_server_says_is_shown_as_text(replay: ReplayServer) -> None:
    details = {"family": HOSTILE, "parameter_size": HOSTILE, "quantization_level": HOSTILE}
    model = {"name": HOSTILE, "model": HOSTILE, "size": 5, "digest": HOSTILE, "details": details}
    replay.exchanges["evil_tags"] = answer(json.dumps({"models": [model]}))
    replay.exchanges["evil_version"] = answer(json.dumps({"version": HOSTILE}))
    replay.answer_always("GET", "/api/tags", "evil_tags")
    replay.answer_always("GET", "/api/version", "evil_version")
    app = press(without_error(open_models()), f"delete_{HOSTILE}")
    assert HOSTILE in as_text(app)
    marked_up = as_markup(app)
    assert HOSTILE not in marked_up
    assert not any(live in marked_up for live in ("![", ":red[", "<b>"))


def test_our_judge_is_put_into_the_server(
    replay: ReplayServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "put_judge" not in [element.key for element in open_without_adapter(monkeypatch).button]
    base, adapter = tmp_path / "base.gguf", tmp_path / "jitai-judge.gguf"
    base.write_bytes(b"base")
    adapter.write_bytes(b"adapter")
    monkeypatch.setattr(embedded, "find_adapter", lambda: adapter)
    monkeypatch.setattr("jitai.ui.pages.models.embedded.find_model_file", lambda: base)
    monkeypatch.setattr("jitai.ui.pages.models.put_judge", a_judge_put_in_steps)
    app = press(open_models(), "put_judge")
    app = finish(app, "put_judge")
    assert "Done, after" in as_markup(without_error(app))


def test_our_judge_in_the_server_is_asked_as_here_and_the_default_stays(
    replay: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [{"model": "jitai-judge:latest", "digest": "7" * 64, "details": {"family": "llama"}}]
    replay.exchanges["ours"] = answer(json.dumps({"models": listed}))
    replay.answer_always("GET", "/api/tags", "ours")
    monkeypatch.setattr("jitai.ui.pages.models.put_judge", lambda *_, **__: iter([]))
    app = open_models()
    before = state_of(app).judge_at_work
    app = without_error(finish(press(app, "put_judge"), "put_judge"))
    assert state_of(app).judge_at_work == before == "embedded-tuned"
    app = press(app, "pick_ollama:jitai-judge:latest")
    assert widget(app.selectbox, "prompt").value == "fine_tuned"
    assert any("Right on" in element.value for element in app.sidebar.caption)
    # Another machine knows the server's model by its name alone.
    (default_data_dir() / "calibrations.json").unlink()
    reread_prompts()
    assert widget(app.run().selectbox, "prompt").value == "fine_tuned"


def open_without_adapter(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(embedded, "find_adapter", lambda: None)
    return without_error(open_models())


def a_judge_put_in_steps(server: Any, base: Path, **_: Any) -> Iterator[Any]:
    """Stands in for the upload, which has tests of its own over a socket."""
    from jitai.judge.ollama.management import Progress

    assert base.name == "base.gguf"
    yield Progress("Uploading", 0, 3)
    yield Progress("Done", 3, 3)


def test_an_address_that_cannot_be_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "http://a:port")
    app = without_error(open_models())
    assert "cannot be understood" in as_markup(app)
    assert server_watch().latest is not None
