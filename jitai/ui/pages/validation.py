"""The Validation page: how often judges are right on labelled statements, and where they are wrong."""

from functools import partial
from typing import Any

import streamlit as st

from jitai.corpus import DEVELOPMENT, TEST, load_part
from jitai.errors import FileFormatError
from jitai.judge.consent import Consent
from jitai.judge.embedded import EMBEDDED
from jitai.judge.judge import Judge
from jitai.judge.prompts import find_prompt
from jitai.judge.registered_backend import JudgeOption
from jitai.judge.registry import backend_of
from jitai.paths import default_data_dir
from jitai.records import JudgesText, Label, Statement
from jitai.sanitise import for_markdown
from jitai.seeding import MAX_SEED
from jitai.text_format import counted
from jitai.ui.pages.validation_answer import draw_judge
from jitai.ui.pages.validation_forms import forms_section
from jitai.ui.pages.validation_label_yourself import LabelSession, label_yourself
from jitai.ui.pages.validation_measured import measured_section
from jitai.ui.pages.validation_results import (
    CORPUS_LABELS,
    CORPUS_NOTES,
    OWN_FILE,
    answer_of,
    draw_accuracy_chart,
    draw_report,
    draw_scope,
)
from jitai.ui.session.page_states import ValidationAnswer, ValidationState
from jitai.ui.session.resources import judge_for, prompts
from jitai.ui.session.state import AppState, app_state, keep_in_address, session_object
from jitai.ui.widgets.answer import draw_answer
from jitai.ui.widgets.consent import ask_consent, consent_for
from jitai.ui.widgets.judge_picker import options_for, prompt_at_work, prompt_label
from jitai.ui.widgets.page import errors_as_sentences
from jitai.ui.widgets.statement_import import statement_file
from jitai.validation.baselines import BASELINE_LABELS, KEYWORD, TFIDF, open_baseline
from jitai.validation.corpora import (
    OPTIONAL_COLUMNS,
    chosen,
    labelled_statements,
    stratified_sample,
)
from jitai.validation.measurements import Measurements, keep_measurements, today
from jitai.validation.runner import Candidate, Validation, ValidationRun
from jitai.validation.shipped import shipped_validation
from jitai.validation.words import kind_in_words

SUITED = "what suits each judge"
LARGEST_SAMPLE = 20_000
TICK_S = 0.5
OWN_VALIDATION = "own_validation"
"""Key of what opens the settings of a run."""
MEASURED = "measured_expander"
"""Key of the part that is drawn only while it is open."""


def validation_page() -> None:
    """Draw the page."""
    state, app = session_object(ValidationState), app_state()
    with errors_as_sentences():
        keep_in_address(app)
        statements: tuple[Statement, ...] = ()
        candidates: list[Candidate] = []
        problem = None
        with st.popover(
            "Judge others, or your own statements", icon=":material/tune:", key=OWN_VALIDATION, on_change="rerun"
        ):
            candidates = _judge_pickers(app)
            # An error in a file is shown where the answer would be, too.
            try:
                statements = _statement_pickers(state)
            except FileFormatError as error:
                problem = error
            sample = () if problem is not None else _sample(statements)
            _start_button(state, candidates, sample)
        if problem is not None:
            raise problem
        st.fragment(_stage, key="validation_stage")(state, candidates, sample)
        measured = st.expander("Models that you have measured", key=MEASURED, on_change="rerun")
        if measured.open:  # its intervals take a moment
            with measured:
                measured_section()
        if statements:
            with st.expander("The same statements in other forms", key="forms_expander"):
                forms_section(state, candidates, statements, st.session_state["validated_seed"])
            with st.expander("Label statements yourself, then compare with the judges", key="label_yourself_expander"):
                label_yourself(session_object(LabelSession), statements, candidates, st.session_state["validated_seed"])


def _judge_pickers(app: AppState) -> list[Candidate]:
    """Draw the choice of models, prompts and baselines; return every model with every prompt, and the baselines."""
    options = {option.key: option for option in options_for(app)}
    # The paper prompts its models: the effect of our training shows only beside the model that is merely prompted.
    usual = [key for key in dict.fromkeys((app.judge_at_work, EMBEDDED)) if key in options]
    models = st.multiselect(
        "Judges", list(options), default=usual, key="validated_models", persist_state="session",
        format_func=lambda key: options[key].short_name,
        placeholder="none, only baselines",
        help="Local language models. Every one chosen is combined with every prompt chosen.",
    )  # fmt: skip
    for key in models:
        if options[key].warning:
            st.caption(f":material/warning: {for_markdown(options[key].short_name + ': ' + options[key].warning)}")
    ask_consent(app, [options[key] for key in models], "validation")
    by_name = {prompt.name: prompt for prompt in prompts()}
    names = st.multiselect(
        "How they are asked", list(by_name), format_func=lambda name: prompt_label(by_name[name]),
        key="validated_prompts", persist_state="session", placeholder=SUITED,
        help="Choose several to compare prompts. If you choose none, each judge gets the prompt that suits it.",
    )  # fmt: skip
    baselines = st.multiselect(
        "Without a language model", list(BASELINE_LABELS), default=[KEYWORD, TFIDF],
        format_func=BASELINE_LABELS.__getitem__, key="validated_baselines", persist_state="session",
        placeholder="none",
        help="What simple means achieve: a list of words that speak against a walk, and a linear classifier on words "
        "and letters, trained on the development part only.",
    )  # fmt: skip
    anew = st.toggle(
        "Ask again", key="validated_anew", persist_state="session",
        help="A model's replies are remembered, so a second run takes hardly any time and measures none. With this "
        "switch the models are asked and timed again, and the replies are not kept.",
    )  # fmt: skip
    candidates = []
    for key in models:
        at_work = key == app.judge_at_work
        suited = prompt_at_work(app, tuple(options.values())) if at_work else options[key].prompt
        for name in names or [suited]:
            consent = consent_for(app, options[key].where)
            opened = partial(_warm_judge, key, name, app.settings_of(backend_of(key)), consent, anew=anew)
            candidates.append(Candidate(_judge_name(options[key], name), opened))
    return [*candidates, *(Candidate(BASELINE_LABELS[key], partial(open_baseline, key)) for key in baselines)]


def _judge_name(option: JudgeOption, prompt_name: str) -> str:
    prompt = find_prompt(prompts(), prompt_name)
    return f"{option.short_name}, {prompt.name.replace('_', ' ')} {prompt.version}"


def _warm_judge(key: str, prompt_name: str, settings: Any, consent: Consent, *, anew: bool) -> JudgesText:
    """Return a judge whose model is loaded; if wanted, one that remembers nothing of earlier runs.

    Raises: BackendError if it cannot be.
    """
    judge = judge_for(key, prompt_name, settings=settings, consent=consent)
    if anew:
        # The same model, so that it is not loaded twice.
        judge = Judge(judge.backend, judge.prompt, judge.rules, on_failure=judge.on_failure, band=judge.band)
    judge.warm_up()
    return judge


def _statement_pickers(state: ValidationState) -> tuple[Statement, ...]:
    """Draw the choice of corpus, sources, kinds and sample size; return the statements, none if a file is awaited.

    Raises: FileFormatError for a file that cannot be used.
    """
    corpus = st.selectbox(
        "Statements", list(CORPUS_LABELS), format_func=CORPUS_LABELS.__getitem__, key="validated_corpus",
        persist_state="session",
    )  # fmt: skip
    everything = _own_file(state) if corpus == OWN_FILE else load_part(corpus)
    st.caption(CORPUS_NOTES[corpus])
    sources, kinds = sorted({item.source for item in everything}), sorted({item.kind for item in everything})
    by, of = [], []
    if len(sources) > 1:
        by = st.multiselect(
            "Written by", sources, key=f"validated_sources_{corpus}", persist_state="session",
            placeholder="all authors",
            help="The independent author had seen no other statement of the corpus, and wrote with the help of "
            "language models, as most did. No participant of a study wrote any statement.",
        )  # fmt: skip
    if len(kinds) > 1:
        of = st.multiselect(
            "Kinds", kinds, format_func=kind_in_words,
            key=f"validated_kinds_{corpus}_{state.own_file.name}", persist_state="session", placeholder="all kinds",
        )  # fmt: skip
    size = st.container(horizontal=True, vertical_alignment="bottom")
    own = corpus == OWN_FILE
    # A key for each of the two: what is chosen for our corpus says nothing about a person's own file.
    takes_all = st.toggle("All of them", value=own, key=_whole_key(own), persist_state="session")
    with size:
        st.number_input(
            "Sample", 2, LARGEST_SAMPLE, 300, 50, key="validated_sample", persist_state="session", disabled=takes_all,
            help="A random sample of whole pairs with as many statements of each label, every kind with its share. 300 "
            "take under a minute; the "
            "interval narrows with the square root of the number.",
        )  # fmt: skip
        st.number_input(
            "Seed", 0, MAX_SEED, 1, 1, key="validated_seed", persist_state="session",
            help="The same seed draws the same sample.",
        )  # fmt: skip
    return chosen(everything, by or None, of or None)


def _whole_key(own: bool) -> str:
    return "validated_whole_file" if own else "validated_whole"


def _own_file(state: ValidationState) -> tuple[Statement, ...]:
    """Return the statements of a person's file; the last good one is kept when the page is left.

    Raises: FileFormatError for a file that cannot be used.
    """
    found = statement_file(
        state.own_file, "validated", labelled_statements, with_labels=True,
        help_text="CSV with any delimiter and encoding, TSV, Excel (.xlsx) or JSON lines, read on this machine only. "
        "One column holds statements, another one labels: 1 or 0, yes or no, good or bad, can_walk or cannot_walk; you "
        f"can say what others mean. Columns called {', '.join(f'`{name}`' for name in OPTIONAL_COLUMNS)} are read too. "
        "Rows with the same `pair` are kept together.", command="validate --file",
    )  # fmt: skip
    state.own_statements = found or ()
    if state.own_statements:
        st.caption(for_markdown(f"{counted(len(state.own_statements), 'statement')} from {state.own_file.name}"))
        known = {item.text for item in load_part(DEVELOPMENT)}
        n_known = sum(item.text in known for item in state.own_statements)
        if n_known:
            st.caption(f"{n_known:,} of them are in our development part, on which the judges were fitted.")
    return state.own_statements


def _sample(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Return the statements that a run would judge now."""
    picked = st.session_state
    if picked[_whole_key(picked["validated_corpus"] == OWN_FILE)] or not statements:
        return statements
    return stratified_sample(statements, picked["validated_sample"], picked["validated_seed"])


def _start_button(state: ValidationState, candidates: list[Candidate], sample: tuple[Statement, ...]) -> None:
    """Draw the button that starts a run, and say what it will do."""
    n_unable = sum(item.label == Label.CANNOT_WALK for item in sample)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Judge them", type="primary", icon=":material/gavel:", key="start_validation",
            disabled=not sample or not candidates or state.is_running,
            on_click=_start, args=(state, candidates, sample),
        )  # fmt: skip
        if not candidates:
            st.caption("Choose at least one judge.")
        elif not sample:
            st.caption("Choose a file.")
        else:
            st.caption(
                f"{counted(len(sample), 'statement')}, {len(sample) - n_unable:,} that say “can walk” "
                f"and {n_unable:,} that say "
                f"“cannot walk”, put to {counted(len(candidates), 'judge')}."
            )


def _start(state: ValidationState, candidates: list[Candidate], sample: tuple[Statement, ...]) -> None:
    state.run = ValidationRun(candidates, sample)
    state.run_corpus, state.run_seed = st.session_state["validated_corpus"], st.session_state["validated_seed"]
    state.run.start()
    st.session_state[OWN_VALIDATION] = False  # the result is not to be covered by what asked for it


def _stage(state: ValidationState, candidates: list[Candidate], sample: tuple[Statement, ...]) -> None:
    """Draw the answer of the last finished run, or what came with the lab, and how far a run is that replaces it."""
    with errors_as_sentences():
        progress = None
        if state.is_running:
            # By itself, and not with the answer: drawing that anew would take half of the time between two looks.
            progress = partial(st.fragment(_progress, run_every=TICK_S, key="validation_progress"), state)
        if state.answer is not None:
            if progress is None:
                draw_scope(state.answer, candidates, sample)
            draw_judge(state.answer.validation, state.answer.corpus, "", progress)
            st.header("Every judge, every figure", anchor=False)
            draw_report(state.answer)
            for sentence in state.kept:
                st.caption(f":material/save: {for_markdown(sentence)}")
            return
        shipped = shipped_validation()
        if shipped is None:
            draw_answer(
                "How often is the judge right, and where is it wrong?", "Nobody has measured it yet.", "", progress
            )
            draw_accuracy_chart([])
            return
        draw_judge(shipped.validation, TEST, shipped.made_on, progress)
        # Resampling the intervals of 18,000 verdicts takes a while, and the answer must not wait for it.
        if st.toggle("Every judge, every figure (half a minute the first time)", key="validation_all_figures"):
            draw_report(_answer_that_came())


@st.cache_resource(show_spinner="Counting the verdicts that came with the lab …")
def _answer_that_came() -> ValidationAnswer:
    """Return the answer that came with the lab, its intervals computed once for everybody."""
    shipped = shipped_validation()
    assert shipped is not None
    return answer_of(shipped.validation, TEST, 1)


def _progress(state: ValidationState) -> None:
    """Show how far the run is; at its end, take its answer."""
    run = state.run
    assert run is not None
    with errors_as_sentences():
        found = run.snapshot()
        if found.finished:
            if state.is_running:
                state.answer, state.answered = answer_of(found, state.run_corpus, state.run_seed), run
                state.kept = []
                if state.run_corpus == TEST:
                    state.kept = keep_measurements(Measurements(default_data_dir()), run.opened, found, today())
            # The whole page: the button can be pressed again, and the ticking ends.
            st.rerun()
        _draw_progress(run, found)


def _draw_progress(run: ValidationRun, found: Validation) -> None:
    """Draw how far the run is and how much was right so far, with a button that stops it."""
    st.progress(
        min(1.0, len(found.rows) / max(1, found.n_total)),
        for_markdown(f"{len(found.rows):,} of {found.n_total:,} verdicts: {found.at_work}{found.time_left_in_words}"),
    )
    st.button(
        "Stop and keep what there is", icon=":material/stop:", key="stop_validation", on_click=run.stop,
    )  # fmt: skip
    for name in found.candidates:
        rows = [row for row in found.rows_of(name) if row.is_counted]
        if rows:
            right = sum(row.is_right for row in rows)
            st.text(f"{name}: {right:,} of {len(rows):,} right so far")
