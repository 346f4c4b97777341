"""The Validation page: how often judges are right on labelled statements, and where they are wrong."""

import math
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from jitai.charts.theme import CONFIG
from jitai.charts.validation import (
    CalibrationPoint,
    Dot,
    Reference,
    accuracy_figure,
    confusion_figure,
    groups_figure,
    reliability_figure,
)
from jitai.corpus import DEVELOPMENT, TEST, load_part
from jitai.errors import FileFormatError
from jitai.experiments.log import safe_csv
from jitai.judge.judge import Judge
from jitai.judge.ollama import OllamaSettings
from jitai.judge.select import EMBEDDED, JudgeOption, find_prompt
from jitai.records import Label, Statement
from jitai.seeding import MAX_SEED
from jitai.ui.cached import judge_for, prompts
from jitai.ui.judge_choice import options_for, prompt_at_work, prompt_label
from jitai.ui.page import errors_as_sentences, plain, session_object
from jitai.ui.persons_chair import Chair, persons_chair
from jitai.ui.state import app_state, keep_in_address, palette
from jitai.validation.baselines import BASELINE_LABELS, KEYWORD, TFIDF, open_baseline
from jitai.validation.corpora import (
    LABEL_WORDS,
    MAX_FILE_BYTES,
    OPTIONAL_COLUMNS,
    balanced_sample,
    chosen,
    read_labelled_csv,
)
from jitai.validation.report import (
    PUBLISHED_CAVEAT,
    PUBLISHED_FIGURES,
    THE_LABEL,
    JudgeReport,
    agreement,
    by_kind,
    by_language,
    confusion,
    figures_side_by_side,
    figures_table,
    mistakes,
    reliability_of,
    reports,
    verdict_table,
)
from jitai.validation.runner import Candidate, JudgesText, Validation, ValidationRun
from jitai.wording import duration

OWN_FILE = "own"
CORPUS_LABELS = {
    TEST: "Our test part (held out)",
    DEVELOPMENT: "Our development part",
    OWN_FILE: "A CSV file of yours",
}
CORPUS_NOTES = {
    TEST: "Prompts, calibrations and the tuned model were fitted without these statements.",
    DEVELOPMENT: "Prompts, calibrations and the tuned model were fitted on these statements, so their figures flatter. "
    "TF-IDF is cross-validated here: each pair is judged by a model that has not seen it.",
    OWN_FILE: "Your labels are taken as the truth.",
}
SUITED = "what suits each judge"
DEFAULT_SAMPLE = 300
LARGEST_SAMPLE = 20_000
TICK_S = 0.5
N_CHARACTERS_OF_A_NAME = 40
_KEY = "jitai_lab_validation"


@dataclass(frozen=True)
class Answer:
    """What a finished run has found, computed once.

    Attributes:
        validation: the verdicts.
        corpus: "test", "development" or OWN_FILE.
        seed: of the bootstrap.
        judges: one report a judge.
        kinds, languages: accuracy by kind and by language.
        kappas, n_compared: agreement of judges with each other and the label.
    """

    validation: Validation
    corpus: str
    seed: int
    judges: list[JudgeReport]
    kinds: pd.DataFrame
    languages: pd.DataFrame
    kappas: pd.DataFrame
    n_compared: pd.DataFrame


@dataclass
class ValidationState:
    """The page's settings and its run, in one browser session.

    Of our corpus a sample is judged unless all is asked for; what a person brings is judged whole unless a sample is.
    """

    corpus: str = TEST
    sources: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    whole: bool = False
    whole_file: bool = True
    n_wanted: int = DEFAULT_SAMPLE
    seed: int = 1
    models: list[str] | None = None
    prompts: list[str] = field(default_factory=list)
    baselines: list[str] = field(default_factory=lambda: [KEYWORD, TFIDF])
    anew: bool = False
    file_name: str = ""
    file_id: str = ""
    own_statements: tuple[Statement, ...] = ()
    run: ValidationRun | None = None
    run_corpus: str = TEST
    run_seed: int = 1
    answer: Answer | None = None
    chair: Chair = field(default_factory=Chair)

    @property
    def takes_all(self) -> bool:
        """Whether no sample is drawn."""
        return self.whole_file if self.corpus == OWN_FILE else self.whole


def validation_state() -> ValidationState:
    """The session's."""
    return session_object(_KEY, ValidationState)


def validation_page() -> None:
    """Draw the page."""
    state = validation_state()
    with errors_as_sentences():
        keep_in_address(app_state())
        st.title("How often is the judge right, and where is it wrong?")
        statements: tuple[Statement, ...] = ()
        candidates: list[Candidate] = []
        with st.sidebar:
            candidates = _judge_pickers(state)
            # Whatever is wrong with a file is said where the answer would stand, not in the narrow sidebar.
            problem = None
            try:
                statements = _statement_pickers(state)
            except FileFormatError as error:
                problem = error
        if problem is not None:
            raise problem
        sample = _sample(state, statements)
        _start_button(state, candidates, sample)
        running = state.run is not None and state.answer is None
        st.fragment(_stage, run_every=TICK_S if running else None, key="validation_stage")(state, candidates, sample)
        if statements:
            with st.expander("Take the judge's chair: label statements yourself, then compare", key="chair_expander"):
                persons_chair(state.chair, statements, candidates, state.seed)


def _judge_pickers(state: ValidationState) -> list[Candidate]:
    """Models, prompts and baselines; every model is combined with every prompt."""
    options = {option.key: option for option in options_for(app_state())}
    at_work = app_state().judge_at_work
    # The paper prompts its models: what the training of ours buys is seen only beside that.
    picked = dict.fromkeys((at_work, EMBEDDED)) if state.models is None else state.models
    models = [key for key in picked if key in options]
    state.models = st.multiselect(
        "Judges", list(options), default=models, key="validated_models",
        format_func=lambda key: _model_name(options[key]),
        placeholder="none, only baselines",
        help="Local language models. Every one chosen is combined with every prompt chosen.",
    )  # fmt: skip
    by_name = {prompt.name: prompt for prompt in prompts()}
    state.prompts = st.multiselect(
        "How they are asked", list(by_name), default=[name for name in state.prompts if name in by_name],
        format_func=lambda name: prompt_label(by_name[name]), key="validated_prompts", placeholder=SUITED,
        help="Choose several to compare prompts. None: for each judge the prompt that suits it.",
    )  # fmt: skip
    state.baselines = st.multiselect(
        "Without a language model", list(BASELINE_LABELS), default=state.baselines,
        format_func=BASELINE_LABELS.__getitem__, key="validated_baselines", placeholder="none",
        help="What simple means achieve: a list of words that speak against a walk, and a linear classifier on words "
        "and letters, trained on the development part only.",
    )  # fmt: skip
    state.anew = st.toggle(
        "Ask anew", value=state.anew, key="validated_anew",
        help="What a model has said of a statement is remembered, so a second run takes hardly any time, and none is "
        "measured. This asks again, measures, and does not keep the replies.",
    )  # fmt: skip
    candidates = []
    for key in state.models:
        suited = prompt_at_work(app_state(), tuple(options.values())) if key == at_work else options[key].prompt
        for name in state.prompts or [suited]:
            opened = partial(_warm_judge, key, name, app_state().ollama, anew=state.anew)
            candidates.append(Candidate(_judge_name(options[key], name), opened))
    return [*candidates, *(Candidate(BASELINE_LABELS[key], partial(open_baseline, key)) for key in state.baselines)]


def _model_name(option: JudgeOption) -> str:
    """Without where it runs and what stands in brackets, so that it fits beside a chart and in the sidebar."""
    return option.label.removeprefix("Embedded: ").removeprefix("Ollama: ").partition(" (")[0]


def _judge_name(option: JudgeOption, prompt_name: str) -> str:
    prompt = find_prompt(prompts(), prompt_name)
    return f"{_model_name(option)}, {prompt.name.replace('_', ' ')} {prompt.version}"


def _warm_judge(key: str, prompt_name: str, ollama: OllamaSettings, *, anew: bool) -> JudgesText:
    """The judge, its model loaded; if wanted, one that remembers nothing of earlier runs.

    Raises: BackendError if it cannot be.
    """
    judge = judge_for(key, prompt_name, ollama=ollama)
    if anew:
        # The same model, so that it is not loaded twice.
        judge = Judge(judge.backend, judge.prompt, judge.rules, on_failure=judge.on_failure, band=judge.band)
    judge.warm_up()
    return judge


def _statement_pickers(state: ValidationState) -> tuple[Statement, ...]:
    """Corpus, sources, kinds and sample size. Returns the statements of these kinds; none if a file is awaited.

    Raises: FileFormatError for a file that cannot be used.
    """
    corpora = list(CORPUS_LABELS)
    state.corpus = st.selectbox(
        "Statements", corpora, index=corpora.index(state.corpus), format_func=CORPUS_LABELS.__getitem__,
        key="validated_corpus",
    )  # fmt: skip
    everything = _own_file(state) if state.corpus == OWN_FILE else load_part(state.corpus)
    st.caption(CORPUS_NOTES[state.corpus])
    sources = sorted({item.source for item in everything})
    if len(sources) > 1:
        state.sources = st.multiselect(
            "Written by", sources, default=[name for name in state.sources if name in sources],
            key=f"validated_sources_{state.corpus}", placeholder="all authors",
            help="The independent authors had seen no other statement of the corpus.",
        )  # fmt: skip
    kinds = sorted({item.kind for item in everything})
    if len(kinds) > 1:
        state.kinds = st.multiselect(
            "Kinds", kinds, default=[kind for kind in state.kinds if kind in kinds],
            format_func=lambda kind: kind.replace("_", " "),
            key=f"validated_kinds_{state.corpus}_{state.file_name}", placeholder="all kinds",
        )  # fmt: skip
    size = st.container(horizontal=True, vertical_alignment="bottom")
    # A key for each of the two: what is chosen for our corpus says nothing about a person's own file.
    if state.corpus == OWN_FILE:
        state.whole_file = st.toggle("All of them", value=state.whole_file, key="validated_whole_file")
    else:
        state.whole = st.toggle("All of them", value=state.whole, key="validated_whole")
    with size:
        state.n_wanted = int(
            st.number_input(
                "Sample", 2, LARGEST_SAMPLE, state.n_wanted, 50, key="validated_sample", disabled=state.takes_all,
                help="A random sample of whole pairs with as many statements of each label. 300 take under a minute; "
                "the interval narrows with the square root of the number.",
            )
        )  # fmt: skip
        state.seed = int(
            st.number_input(
                "Seed", 0, MAX_SEED, state.seed, 1, key="validated_seed", help="The same seed draws the same sample."
            )
        )
    present = set(kinds)
    wanted = [kind for kind in state.kinds if kind in present]
    by = [name for name in state.sources if name in sources]
    return chosen(everything, by or None, wanted or None)


def _own_file(state: ValidationState) -> tuple[Statement, ...]:
    """The statements of a person's file; the last good one is kept when the page is left.

    Raises: FileFormatError for a file that cannot be used.
    """
    labels = ", ".join(f"`{word}`" for word in LABEL_WORDS)
    uploaded = st.file_uploader(
        "CSV file with labels", type=["csv", "tsv", "txt"], key="validated_file",
        help=f"UTF-8, at most {MAX_FILE_BYTES // 1_000_000} MB, read on this machine only. The first line names the "
        f"columns: `text` and `label`, and if you like {', '.join(f'`{name}`' for name in OPTIONAL_COLUMNS)}. Labels "
        f"are {labels}. Rows with the same `pair` are kept together.",
    )  # fmt: skip
    if uploaded is not None and uploaded.file_id != state.file_id:
        name = uploaded.name[:N_CHARACTERS_OF_A_NAME]
        state.own_statements, state.file_name, state.file_id = (), "", ""
        state.own_statements = read_labelled_csv(uploaded.getvalue(), name)
        state.file_name, state.file_id = name, uploaded.file_id
    if state.own_statements:
        st.caption(plain(f"{len(state.own_statements):,} statements from {state.file_name}"))
        known = {item.text for item in load_part(DEVELOPMENT)}
        n_known = sum(item.text in known for item in state.own_statements)
        if n_known:
            st.caption(f"{n_known:,} of them are in our development part, on which the judges were fitted.")
    return state.own_statements


def _sample(state: ValidationState, statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """What a run would judge now."""
    if state.takes_all or not statements:
        return statements
    return balanced_sample(statements, state.n_wanted, state.seed)


def _start_button(state: ValidationState, candidates: list[Candidate], sample: tuple[Statement, ...]) -> None:
    """The one button, with what it will do."""
    n_unable = sum(item.label == Label.CANNOT_WALK for item in sample)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Judge them", type="primary", icon=":material/gavel:", key="start_validation",
            disabled=not sample or not candidates or (state.run is not None and state.answer is None),
            on_click=_start, args=(state, candidates, sample),
        )  # fmt: skip
        if not candidates:
            st.caption("Choose at least one judge in the sidebar.")
        elif not sample:
            st.caption("Choose a CSV file in the sidebar.")
        else:
            judges = "1 judge" if len(candidates) == 1 else f"{len(candidates)} judges"
            st.caption(
                f"{len(sample):,} statements, {len(sample) - n_unable:,} that say “can walk” and {n_unable:,} that say "
                f"“cannot walk”, put to {judges}."
            )


def _start(state: ValidationState, candidates: list[Candidate], sample: tuple[Statement, ...]) -> None:
    state.run, state.answer = ValidationRun(candidates, sample), None
    state.run_corpus, state.run_seed = state.corpus, state.seed
    state.run.start()


def _stage(state: ValidationState, candidates: list[Candidate], sample: tuple[Statement, ...]) -> None:
    """Progress while a run goes on, then its answer; before the first run, what will stand here."""
    with errors_as_sentences():
        if state.run is None:
            st.info(
                "The answer will stand here: for each judge the share of statements on which it is right, with a 95 % "
                "interval and published figures beside it; below, the kinds it gets wrong, what it says of which "
                "label, whether its probabilities can be trusted, and every mistake. Press **Judge them**."
            )
            _accuracy_chart([])
            return
        if state.answer is None:
            found = state.run.snapshot()
            if not found.finished:
                _progress(state.run, found)
                return
            state.answer = _answer(found, state.run_corpus, state.run_seed)
            # The whole page: the button can be pressed again, and the ticking ends.
            st.rerun()
        _what_is_shown(state.answer, candidates, sample)
        _show(state.answer)


def _progress(run: ValidationRun, found: Validation) -> None:
    """How far the run is, what has been right so far, and a way to end it."""
    left = "" if found.seconds_left is None else f", about {duration(found.seconds_left)} left"
    st.progress(
        min(1.0, len(found.rows) / max(1, found.n_total)),
        plain(f"{len(found.rows):,} of {found.n_total:,} verdicts: {found.at_work}{left}"),
    )
    st.button(
        "Stop and keep what there is", icon=":material/stop:", key="stop_validation", on_click=run.stop,
    )  # fmt: skip
    for name in found.candidates:
        rows = [row for row in found.rows_of(name) if row.is_counted]
        if rows:
            right = sum(row.is_right for row in rows)
            st.text(f"{name}: {right:,} of {len(rows):,} right so far")


def _answer(found: Validation, corpus: str, seed: int) -> Answer:
    kappas, n_compared = agreement(found)
    return Answer(
        found, corpus, seed, reports(found, seed), by_kind(found, seed), by_language(found, seed), kappas, n_compared
    )


def _what_is_shown(answer: Answer, candidates: list[Candidate], sample: tuple[Statement, ...]) -> None:
    """Which statements the answer is of, and whether the settings beside it stand for others."""
    found = answer.validation
    words = f"Shown: {CORPUS_LABELS[answer.corpus]}, {len(found.statements):,} statements. "
    differ = found.statements != sample or found.candidates != tuple(candidate.name for candidate in candidates)
    st.caption(plain(words) + ("The settings beside it differ: **Judge them** uses them." if differ else ""))


def _show(answer: Answer) -> None:
    """The answer: the chart of judges, and behind tabs everything that explains it."""
    _remarks(answer)
    judged = [report for report in answer.judges if report.figures is not None]
    if not judged:
        st.warning("No judge has answered, so there are no figures.", icon=":material/warning:")
        return
    dots = [
        Dot(report.name, "", report.figures.accuracy.value, report.figures.accuracy.low, report.figures.accuracy.high,
            report.n)
        for report in judged
        if report.figures is not None
    ]  # fmt: skip
    _accuracy_chart(dots)
    kinds, closely, numbers, wrong = st.tabs(["Where it is wrong", "One judge closely", "All figures", "Mistakes"])
    with kinds:
        _by_group(answer, judged)
    with closely:
        _one_judge(answer, judged)
    with numbers:
        _all_figures(answer)
    with wrong:
        _mistakes(answer, judged)


def _accuracy_chart(dots: list[Dot]) -> None:
    """Judges beside the published figures; the latter alone before anything is judged."""
    references = [Reference(item.model, item.accuracy) for item in PUBLISHED_FIGURES]
    shares = "; ".join(
        f"{dot.judge} {dot.value:.2f}, {dot.low:.2f} to {dot.high:.2f}, {dot.n:,} statements" for dot in dots
    )
    st.plotly_chart(
        accuracy_figure(dots, references, palette()), config=CONFIG, key="accuracy_chart",
        alt=f"Share of statements judged rightly by each judge: {shares or 'nothing judged yet'}.",
    )  # fmt: skip
    st.caption(f"Dot and line: share judged rightly and its 95 % interval. {plain(PUBLISHED_CAVEAT)}")


def _remarks(answer: Answer) -> None:
    """What must be known before the figures are read."""
    found = answer.validation
    if found.stopped:
        st.warning(
            f"Stopped after {len(found.rows):,} of {found.n_total:,} verdicts: judges may have read different "
            "statements, so compare them with care.",
            icon=":material/warning:",
        )
    for name, why in found.failures.items():
        st.warning(plain(f"{name} could not be made ready. {why}"), icon=":material/warning:")
    for report in answer.judges:
        if report.n_failed:
            why = next(row.verdict.failure for row in found.rows_of(report.name) if row.failed)
            st.warning(
                plain(
                    f"{report.name} could not answer {report.n_failed:,} of {report.n_asked:,} statements. These count "
                    f"neither as right nor as a veto. The first reason: {why}"
                ),
                icon=":material/warning:",
            )
        if report.n_without_words:
            st.caption(plain(f"{report.name}: nothing was left to read in {report.n_without_words:,} statements."))
    if answer.corpus == DEVELOPMENT:
        st.warning(CORPUS_NOTES[DEVELOPMENT], icon=":material/info:")


def _dots(table: pd.DataFrame, column: str) -> list[Dot]:
    return [
        Dot(str(row["judge"]), str(row[column]), float(row["accuracy"]), float(row["low"]), float(row["high"]),
            int(row["n"]))
        for row in table.to_dict("records")
    ]  # fmt: skip


def _by_group(answer: Answer, judged: list[JudgeReport]) -> None:
    """Accuracy by kind and by language."""
    names = [report.name for report in judged]
    st.subheader("By kind of statement")
    st.plotly_chart(
        groups_figure(_dots(answer.kinds, "kind"), names, palette()), config=CONFIG, key="kinds_chart",
        alt="Share judged rightly for each kind of statement and judge; the same numbers are in the table below.",
    )  # fmt: skip
    _groups_table(answer.kinds, "kinds_table")
    st.caption("In brackets the number of statements. Few statements make long lines: no verdict on a judge by those.")
    if answer.languages["language"].nunique() > 1:
        st.subheader("By language")
        st.plotly_chart(
            groups_figure(_dots(answer.languages, "language"), names, palette()), config=CONFIG, key="languages_chart",
            alt="Share judged rightly for each language and judge; the same numbers are in the table below.",
        )  # fmt: skip
        _groups_table(answer.languages, "languages_table")


def _groups_table(table: pd.DataFrame, key: str) -> None:
    """The numbers of a chart of groups."""
    with st.expander("As a table"):
        st.dataframe(
            table, hide_index=True, key=key, height="content",
            column_config=_number_columns("accuracy", "low", "high"),
        )  # fmt: skip


def _one_judge(answer: Answer, judged: list[JudgeReport]) -> None:
    """What a judge says of which label, and whether its probabilities can be trusted."""
    names = [report.name for report in judged]
    name = st.selectbox("Judge", names, key="judge_closely")
    report = judged[names.index(name)]
    rows = answer.validation.rows_of(name)
    figures = report.figures
    assert figures is not None
    with st.container(horizontal=True):
        st.metric("Vetoes that are right", _share(figures.precision.value), border=True, help="Precision of the veto.")
        st.metric("“Cannot walk” it noticed", _share(figures.recall.value), border=True, help="Recall of the veto.")
        st.metric(
            "Called unsure", f"{100 * report.share_unsure:.0f} %", border=True,
            help="Accuracy counts the side of 0.5 on which P(send) lies, whether or not the judge called it unsure.",
        )  # fmt: skip
        if report.sure_accuracy is not None:
            st.metric("Right where sure", f"{report.sure_accuracy.value:.2f}", border=True)
        if report.n_timed:
            st.metric(
                "Time a verdict", f"{report.median_ms:,.0f} ms", border=True,
                help=f"Median of the {report.n_timed:,} that were asked anew; 95 % within {report.slow_ms:,.0f} ms.",
            )  # fmt: skip
    intervals = {"vetoes that are right": figures.precision, "noticed": figures.recall}
    if report.sure_accuracy is not None:
        intervals["right where sure"] = report.sure_accuracy
    st.caption(
        f"Of {report.n:,} statements. 95 % intervals: "
        + ", ".join(
            f"{name} {item.low:.2f} to {item.high:.2f}" for name, item in intervals.items() if not math.isnan(item.low)
        )
        + "."
    )
    if report.n_remembered and not report.n_timed:
        st.caption(
            "No time was measured: every reply was remembered from an earlier run. “Ask anew” in the sidebar measures."
        )
    left, right = st.columns(2)
    with left:
        st.subheader("What it says of which label")
        table = confusion(rows)
        shown = table.loc[:, [column for column in table if column != "no answer" or table[column].any()]]
        st.plotly_chart(
            confusion_figure(
                [str(label) for label in shown.index], [str(column) for column in shown], shown.to_numpy().tolist(),
                palette(),
            ),
            config=CONFIG, key="confusion_chart",
            alt="; ".join(
                f"{label}: " + ", ".join(f"{column} {count}" for column, count in zip(shown, row, strict=True))
                for label, row in zip(shown.index, shown.to_numpy(), strict=True)
            ),
        )  # fmt: skip
        st.caption("Per cent of the row. “Unsure” is what the judge calls the middle of its scale.")
    with right:
        st.subheader("Can its probabilities be trusted?")
        points = [
            CalibrationPoint(item.low, item.high, item.mean_p_send, item.share_can_walk, item.n)
            for item in reliability_of(rows)
        ]
        st.plotly_chart(
            reliability_figure(points, palette()), config=CONFIG, key="reliability_chart",
            alt="Share that can walk by P(send): "
            + ", ".join(f"{item.mean_p_send:.2f}: {item.share_can_walk:.2f} of {item.n}" for item in points if item.n),
        )  # fmt: skip
        st.caption(
            f"On the dashed line, 7 of 10 statements with P(send) 0.7 can walk. Mean distance from it (calibration "
            f"error) {figures.calibration_error.value:.2f}; Brier score {figures.brier.value:.2f} (0 is best, 0.25 is "
            "a coin's); their intervals stand under “All figures”."
        )


def _share(value: float) -> str:
    """Two decimals; a dash where a figure is not defined, such as the recall of what no statement says."""
    return "–" if math.isnan(value) else f"{value:.2f}"


def _all_figures(answer: Answer) -> None:
    """Every figure with its interval, agreement between judges, and downloads."""
    table = figures_table(answer.judges)
    st.dataframe(figures_side_by_side(answer.judges), key="figures_table", height="content")
    st.caption(
        "In brackets 95 % intervals from 1,000 bootstrap resamples of whole pairs. Vetoes are the positive class. Of "
        "Brier score and calibration error, less is better."
    )
    st.subheader("Do the judges agree?")
    names = [str(name) for name in answer.kappas]
    letters = [*(chr(ord("A") + number) for number in range(len(names) - 1)), THE_LABEL]
    kappas = answer.kappas.copy()
    # Letters above, or the table would be wider than the page.
    kappas.index = pd.Index(
        [f"{letter}: {name}" if letter != name else name for letter, name in zip(letters, names, strict=True)]
    )
    kappas.columns = pd.Index(letters)
    st.dataframe(kappas, key="kappa_table", column_config=_number_columns(*letters), height="content")
    st.caption(
        "Cohen's kappa of every two judges: 1 is full agreement, 0 what chance gives. On "
        f"{int(answer.n_compared.to_numpy().min()):,} statements or more."
    )
    with st.container(horizontal=True):
        _download("Download the figures (CSV)", table, "figures")
        _download("Download kinds (CSV)", answer.kinds, "kinds")
        _download("Download languages (CSV)", answer.languages, "languages")
        _download("Download every verdict (CSV)", verdict_table(answer.validation.rows), "verdicts")


def _number_columns(*names: str) -> dict[str, Any]:
    return {name: st.column_config.NumberColumn(format="%.3f") for name in names}


def _download(label: str, table: pd.DataFrame, name: str) -> None:
    st.download_button(
        label, data=lambda: safe_csv(table).encode(), file_name=f"jitai_lab_validation_{name}.csv", mime="text/csv",
        on_click="ignore", key=f"download_{name}",
    )  # fmt: skip


def _mistakes(answer: Answer, judged: list[JudgeReport]) -> None:
    """The mistakes, the surest first; one that is ticked opens to its prompt and reply."""
    names = [report.name for report in judged]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Judge", names, key="mistakes_judge")
        table = mistakes(answer.validation.rows_of(name))
        kinds = ["all kinds", *sorted(set(table["kind"]))]
        kind = st.selectbox("Kind", kinds, key="mistakes_kind", format_func=lambda kind: kind.replace("_", " "))
        wrong_way = st.selectbox("Which", ["all mistakes", "missed: said send", "false vetoes"], key="mistakes_way")
    if kind != kinds[0]:
        table = table[table["kind"] == kind]
    if wrong_way != "all mistakes":
        label = Label.CANNOT_WALK if wrong_way.startswith("missed") else Label.CAN_WALK
        table = table[table["label"] == label.value]
    if table.empty:
        st.caption("No mistakes here.")
        return
    st.caption(f"{len(table):,} mistakes, the surest first. Tick one to see the prompt and the model's own reply.")
    shown = table[["text", "label", "p_send", "verdict", "kind", "language"]].copy()
    for column in ("label", "kind"):
        shown[column] = shown[column].str.replace("_", " ")
    event = st.dataframe(
        shown, hide_index=True, height=320,
        key="mistakes_table", on_select="rerun", selection_mode="single-row",
        column_config={
            "text": st.column_config.TextColumn(width="large"),
            "p_send": st.column_config.NumberColumn("P(send)", format="%.2f"),
        },
    )  # fmt: skip
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(table):
        with st.container(border=True):
            _mistake_details(table.iloc[rows[0]])


def _mistake_details(row: pd.Series) -> None:
    """One mistake in full, all of it shown as text."""
    st.text(str(row["text"]))
    said = f"label: {str(row['label']).replace('_', ' ')}; the judge: {row['verdict']}, P(send) {row['p_send']:.3f}"
    st.text(f"{said}; answered by: {row['answered_by']}")
    if row["raw_reply"]:
        st.caption("The judge's own reply")
        st.code(str(row["raw_reply"]), language=None, wrap_lines=True)
    if row["prompt"]:
        st.caption(plain(f"Exact prompt, {row['prompt_version']}"))
        st.code(str(row["prompt"]), language=None, wrap_lines=True, height=180)
