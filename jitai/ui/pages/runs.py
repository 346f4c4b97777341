"""The Runs page: stored experiments, to be found, opened, continued, exported and deleted; and new ones from a file."""

import io
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import streamlit as st

from jitai.errors import JitaiError
from jitai.experiments.description_text import MAX_FILE_BYTES
from jitai.experiments.methods import may_have_changed
from jitai.experiments.repair import needs_repair, repair
from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.spec_file import spec_as_yaml, spec_from_text
from jitai.experiments.store import FINISHED, INTERRUPTED, RUNNING, StoredExperiment
from jitai.experiments.sweep import is_error_line, is_map
from jitai.paths import program
from jitai.rl.policy_store import default_policy_store
from jitai.sanitise import for_markdown
from jitai.text_format import counted
from jitai.ui.session.page_states import N_SHOWN, CompareState, RunsState, SweepState
from jitai.ui.session.state import app_state, keep_in_address, say_problem, session_object
from jitai.ui.widgets.answer import draw_answer
from jitai.ui.widgets.experiment import (
    TICK_S,
    find,
    forget_log,
    go_on,
    is_at_work,
    progress,
    run_now,
    store,
)
from jitai.ui.widgets.hand_over import File, hand_over
from jitai.ui.widgets.page import errors_as_sentences

COMPARE_PAGE, SWEEP_PAGE = "pages/compare.py", "pages/sweep.py"
EXAMPLE = """name: TS and LLM+TS in two cells
seeds: {first: 0, count: 100}
participant: {preset: Ability comes and goes}
scenarios:
  can_walk_persistence: [0.7, 0.95]
judges:
  - {key: simulated, finds_cannot_walk: 0.93, false_alarms: 0.07}
methods:
  - {name: TS, policy: thompson}
  - {name: LLM+TS, policy: thompson, filter: veto}
  - {name: Planner, policy: planner}
"""
_COLOURS: dict[str, Literal["green", "blue", "orange", "gray"]] = {
    FINISHED: "green", RUNNING: "blue", INTERRUPTED: "orange",
}  # fmt: skip


def runs_page() -> None:
    """Draw the page."""
    state, app = session_object(RunsState), app_state()
    with errors_as_sentences():
        keep_in_address(app)
        if needs_repair(store()):
            draw_answer("The index of results has to be rebuilt")
        else:
            _answer(store().experiments())
        _new_from_description(state)
        say_problem(app)
        _offer_repair()
        experiments = store().experiments()
        for problem in store().unreadable():
            st.warning(for_markdown(problem))
        running = any(is_at_work(item) for item in experiments)
        st.fragment(_list, run_every=2 * TICK_S if running else None, key="runs_list")(state, running)


def _answer(experiments: Sequence[StoredExperiment]) -> None:
    """Say what has been run so far."""
    if not experiments:
        draw_answer("Nothing has been run here yet")
        return
    finished = sum(item.status == FINISHED for item in experiments)
    at_work = sum(is_at_work(item) for item in experiments)
    rest = len(experiments) - finished - at_work
    parts = [f"{finished:,} finished", *([f"{at_work:,} at work"] if at_work else [])]
    parts += [f"{rest:,} not complete"] if rest else []
    newest = f"The newest is “{experiments[0].spec.name}”, {_when(experiments[0].created_at)}."
    draw_answer(f"{counted(len(experiments), 'experiment')} kept here", ", ".join(parts), newest)


def _offer_repair() -> None:
    """Say that the index is damaged while results are there, and offer to rebuild it."""
    if not needs_repair(store()):
        return
    st.warning(
        "The index of results is lost or damaged, while files of days are there. Rebuilding it sets aside what is "
        "damaged and deletes nothing.", icon=":material/build:",
    )  # fmt: skip
    if st.button("Rebuild the index", type="primary", key="repair_store"):
        bar = st.progress(0.0, "Reading the files of days ...")

        def show(n_done: int, n_total: int) -> None:
            bar.progress(n_done / n_total, f"{n_done:,} of {n_total:,}")

        done = repair(store(), show)
        bar.empty()
        for sentence in done.sentences:
            st.success(for_markdown(sentence))


def _new_from_description(state: RunsState) -> None:
    """Let the person run an experiment from a YAML or JSON file, or typed here."""

    def write_example() -> None:
        st.session_state["description"] = EXAMPLE

    with st.expander("New experiment from a description (YAML or JSON)", key="description_expander"):
        uploaded = st.file_uploader(
            "File", type=["yaml", "yml", "json"], key="description_file",
            help=f"At most {MAX_FILE_BYTES:,} bytes; read on this machine only. Every page lets you download the "
            "description of its experiment, to begin with.",
        )  # fmt: skip
        if uploaded is not None and uploaded.file_id != state.file_id:
            state.file_id = uploaded.file_id
            text = uploaded.getvalue()[: MAX_FILE_BYTES + 1].decode("utf-8", errors="replace")
            st.session_state["description"] = text
        st.button("Begin with an example", type="tertiary", key="example", on_click=write_example)
        description = st.text_area(
            "Description", height=240, key="description", persist_state="session", max_chars=MAX_FILE_BYTES,
            placeholder=EXAMPLE,
            help="Scenarios x methods x judges, each under the same seeds. What is left out has its usual value.",
        )  # fmt: skip
        spec: ExperimentSpec | None = None
        if description.strip():
            with errors_as_sentences():
                spec = spec_from_text(description, trained=default_policy_store().get)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                "Run it", type="primary", icon=":material/play_arrow:", key="run_description", disabled=spec is None
            ):
                assert spec is not None
                session_object(CompareState).show(run_now(spec))
                st.switch_page(COMPARE_PAGE)
            if spec is not None:
                st.caption(for_markdown(f"{spec.name}: {_shape(spec)}."))


def _shape(spec: ExperimentSpec) -> str:
    """Return how large an experiment is, in words."""
    parts = [
        counted(len(spec.conditions()), "participant"),
        counted(len(spec.methods), "method"),
        *([counted(len(spec.judges_needed()), "judge")] if spec.judges_needed() else []),
        counted(spec.n_seeds, "seed"),
    ]
    return f"{' x '.join(parts)}, {counted(len(spec.cells()), 'cell')}"


def _list(state: RunsState, running: bool) -> None:
    """Draw the stored experiments, the newest first."""

    def search() -> None:
        state.n_shown = N_SHOWN

    with errors_as_sentences():
        experiments = store().experiments()
        at_work = any(is_at_work(item) for item in experiments)
        if at_work != running:
            st.rerun()  # the ticking begins or ends
        if not experiments:
            st.info(
                "Nothing is stored yet. Experiments that you run on the pages **Compare** and **Sweep**, or with the "
                f"command `{program()} experiment`, will appear here and stay after the browser is closed."
            )
            return
        wanted = st.text_input(
            "Find", key="runs_wanted", persist_state="session", on_change=search,
            placeholder="a name, a method, a status", icon=":material/search:", label_visibility="collapsed",
        )  # fmt: skip
        found = [item for item in experiments if _is_wanted(item, wanted)]
        sizes = store().sizes()
        st.caption(
            f"{len(found):,} of {counted(len(experiments), 'experiment')} in "
            + for_markdown(str(store().folder))
            + f", {_megabytes(sum(sizes.values()))}."
        )
        for item in found[: state.n_shown]:
            _card(state, item, sizes.get(item.identifier, 0))
        if len(found) > state.n_shown and st.button(f"Show {len(found) - state.n_shown:,} more", key="more_runs"):
            state.n_shown = len(found)
            st.rerun(scope="fragment")


def _is_wanted(item: StoredExperiment, wanted: str) -> bool:
    """Return whether every word is found in what is known of an experiment."""
    spec = item.spec
    about = " ".join(
        [
            item.identifier,
            spec.name,
            spec.description,
            item.status,
            *spec.method_names,
            *(judge.name for judge in spec.judges),
        ]
    ).casefold()
    return all(word in about for word in wanted.casefold().split())


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


def _when(created_at: float) -> str:
    """Return date and time on this machine, with the month in letters."""
    moment = datetime.fromtimestamp(created_at)
    day = "today" if moment.date() == datetime.fromtimestamp(time.time()).date() else f"{moment:%d %b %Y}"
    return f"{day}, {moment:%H:%M}"


def _card(state: RunsState, item: StoredExperiment, n_bytes: int) -> None:
    """Draw one experiment with everything that can be done with it."""
    identifier, spec = item.identifier, item.spec
    running = is_at_work(item)
    status = RUNNING if running else item.status
    with st.container(border=True, key=f"run_{identifier}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(spec.name, width="content")
            st.badge(status, color=_COLOURS.get(status, "gray"))
            n_failed = f", {item.n_failed:,} impossible" if item.n_failed else ""
            cells = (
                f"{item.n_finished:,} of {counted(item.n_cells, 'cell')}{n_failed}" if item.n_cells else "no cells yet"
            )
            st.caption(
                for_markdown(
                    f"{_when(item.created_at)}. {cells}, {counted(spec.n_seeds, 'seed')}, {_megabytes(n_bytes)}."
                ),
                width="content",
            )
        st.caption(for_markdown(f"{', '.join(spec.method_names)}. {_shape(spec)}."))
        if item.failure and not running:
            st.caption(for_markdown(item.failure))
        if running:
            progress(identifier, item)
        if state.to_delete == identifier and not running:
            _confirm(state, item)
            return
        with st.container(horizontal=True, gap="small"):
            _open_buttons(item)
            if not running and (item.status != FINISHED or may_have_changed(item)):
                st.button(
                    "Resume" if item.status != FINISHED else "Run again", icon=":material/resume:",
                    key=f"continue_{identifier}", on_click=go_on, args=(spec,),
                    help="Finished cells are not run again, unless another version of the code made them or their "
                    "judge may answer differently now.",
                )  # fmt: skip
            if not running:  # its files would change with every cell
                hand_over(
                    f"hand_over_{identifier}", lambda: _files(item),
                    lambda: (item.status, *(cell.key for cell in store().cells(identifier))),
                )  # fmt: skip
            st.button(
                "Delete", icon=":material/delete:", key=f"delete_{identifier}", on_click=_ask_about, args=(state, item),
                disabled=running, type="tertiary",
            )  # fmt: skip


def _open_buttons(item: StoredExperiment) -> None:
    if st.button("Compare", icon=":material/stacked_bar_chart:", key=f"compare_{item.identifier}"):
        session_object(CompareState).show(item.identifier)
        st.switch_page(COMPARE_PAGE)
    if (is_map(item.spec) or is_error_line(item.spec)) and st.button(
        "Sweep", icon=":material/grid_on:", key=f"sweep_{item.identifier}"
    ):
        session_object(SweepState).show(item.identifier, item)
        st.switch_page(SWEEP_PAGE)


def _files(item: StoredExperiment) -> list[File]:
    target, described = io.BytesIO(), spec_as_yaml(item.spec, default_policy_store().name_of)
    store().export(item.identifier, target)
    return [
        File(
            f"export_{item.identifier}", "All of it (ZIP)", f"{item.identifier}.zip", "application/zip",
            target.getvalue(), "Description, versions, figures as CSV, and every day of every seed as Parquet.",
        ),
        File(
            f"yaml_{item.identifier}", "Description (YAML)", f"{item.identifier}.yaml", "application/yaml",
            described.encode(),
        ),
    ]  # fmt: skip


def _ask_about(state: RunsState, item: StoredExperiment) -> None:
    state.to_delete = item.identifier


def _confirm(state: RunsState, item: StoredExperiment) -> None:
    """Ask before an experiment is deleted."""

    def keep() -> None:
        state.to_delete = ""

    def delete() -> None:
        state.to_delete = ""
        if find(item.identifier) is not None:
            try:
                store().delete(item.identifier)
                forget_log(item.identifier)
            except (JitaiError, OSError) as error:
                st.toast(for_markdown(str(error)), icon=":material/error:")

    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"Delete {counted(item.n_finished, 'finished cell')} for good?", width="content")
        st.button("Delete for good", type="primary", key=f"really_{item.identifier}", on_click=delete)
        st.button("Keep it", key=f"keep_{item.identifier}", on_click=keep)
