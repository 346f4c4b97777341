"""Tables of what was found: errors, silence and unsure verdicts where they belong; and the charts drawn from them."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from jitai.charts.theme import DARK, LIGHT, Palette
from jitai.charts.validation import (
    AccuracyDot,
    CalibrationPoint,
    Reference,
    accuracy_figure,
    confusion_figure,
    groups_figure,
    reliability_figure,
)
from jitai.records import Decision, Label, Statement, Verdict, VerdictSource
from jitai.validation.report import (
    NO_ANSWER,
    PUBLISHED_FIGURES,
    THE_LABEL,
    THE_PERSON,
    agreement,
    agreement_with_person,
    agreements,
    all_mistakes,
    by_kind,
    by_language,
    confusion,
    confusions,
    figures_side_by_side,
    figures_table,
    judge_report,
    mistakes,
    reliabilities,
    reliability_of,
    reports,
    verdict_table,
)
from jitai.validation.runner import JudgedRow, Validation

CAN, CANNOT = Label.CAN_WALK, Label.CANNOT_WALK
SEND, HOLD_BACK, UNSURE = Decision.SEND, Decision.HOLD_BACK, Decision.UNSURE


def row(
    number: int,
    label: Label,
    p_send: float | None,
    decision: Decision,
    source: VerdictSource = VerdictSource.MODEL,
    *,
    judge: str = "judge",
    kind: str = "plain",
    latency_ms: float = 100.0,
) -> JudgedRow:
    statement = Statement(
        f"s{number}", f"text {number}", label, kind, number // 2, language="de" if number > 3 else "en"
    )
    verdict = Verdict(decision, p_send, source, "", latency_ms=latency_ms, model="scripted", failure="")
    return JudgedRow(judge, statement, verdict)


ROWS = (
    row(0, CANNOT, 0.1, HOLD_BACK, latency_ms=10),
    row(1, CAN, 0.9, SEND, latency_ms=30),
    # Unsure, and on the wrong side; unsure, and on the right side.
    row(2, CANNOT, 0.55, UNSURE, VerdictSource.CACHE, latency_ms=0.1),
    row(3, CAN, 0.58, UNSURE, kind="time", latency_ms=20),
    row(4, CAN, 0.05, HOLD_BACK, VerdictSource.RULE, kind="time", latency_ms=0.1),
    # Could not answer: the rule says what the label says, which earns nothing.
    row(5, CANNOT, None, HOLD_BACK, VerdictSource.FALLBACK, kind="time", latency_ms=9000),
    row(6, CAN, None, SEND, VerdictSource.NO_STATEMENT, latency_ms=0.1),
)


def validation(*rows: JudgedRow) -> Validation:
    statements = {item.statement.identifier: item.statement for item in rows}
    names = tuple(dict.fromkeys(item.candidate for item in rows))
    return Validation(names, tuple(statements.values()), rows, finished=True)


def test_failures_and_silence_are_in_no_figure() -> None:
    report = judge_report("judge", ROWS)
    assert (report.n_asked, report.n, report.n_failed, report.n_without_words) == (7, 5, 1, 1)
    assert report.figures is not None
    assert report.figures.accuracy.value == pytest.approx(3 / 5)
    # Vetoes: rows 0 and 4. The failure's "do not send" is none.
    assert report.figures.precision.value == pytest.approx(1 / 2)
    assert report.figures.recall.value == pytest.approx(1 / 2)


def test_unsure_is_counted_on_its_side_and_shown_apart() -> None:
    report = judge_report("judge", ROWS)
    assert report.share_unsure == pytest.approx(2 / 5)
    assert report.n_sure == 3
    assert report.sure_accuracy is not None
    assert report.sure_accuracy.value == pytest.approx(2 / 3)


def test_times_are_of_those_asked_anew() -> None:
    report = judge_report("judge", ROWS)
    assert report.n_timed == 3
    assert report.median_ms == 20
    assert report.slow_ms == pytest.approx(29)
    assert report.n_remembered == 1
    figures = figures_table([report]).set_index("figure")
    assert figures.loc["remembered, so not timed", ["value", "n"]].tolist() == [1, 7]


def test_where_all_is_remembered_the_table_says_why_there_is_no_time() -> None:
    (report,) = reports(validation(*(item for item in ROWS if item.verdict.source == VerdictSource.CACHE)))
    shown = figures_side_by_side([report])
    assert shown.loc["time, median (ms)", "judge"] == "–"
    assert shown.loc["remembered, so not timed", "judge"] == "1"


def test_a_judge_that_never_answers_has_no_figures() -> None:
    found = validation(*(item for item in ROWS if item.failed))
    (report,) = reports(found)
    assert report.figures is None
    assert report.sure_accuracy is None
    assert math.isnan(report.share_unsure)
    table = figures_table([report])
    assert table.set_index("figure").loc["could not answer", "value"] == 1
    assert "accuracy" not in set(table["figure"])
    assert by_kind(found).empty
    assert reliability_of(found.rows) == ()
    assert figures_side_by_side([report]).loc["could not answer", "judge"] == "1"


def test_the_confusion_matrix_has_columns_for_unsure_and_no_answer() -> None:
    table = confusion(ROWS)
    assert list(table) == ["send", "unsure", "do not send", NO_ANSWER]
    assert table.loc["can_walk"].tolist() == [1, 1, 1, 0]
    assert table.loc["cannot_walk"].tolist() == [0, 1, 1, 1]


def test_by_kind_and_language() -> None:
    kinds = by_kind(validation(*ROWS)).set_index("kind")
    assert kinds.loc["plain", ["n", "right"]].tolist() == [3, 2]
    assert kinds.loc["time", ["n", "right"]].tolist() == [2, 1]
    assert kinds.loc["time", "low"] < 0.5 < kinds.loc["time", "high"]
    languages = by_language(validation(*ROWS)).set_index("language")
    assert languages["n"].to_dict() == {"de": 1, "en": 4}


def test_mistakes_are_the_wrong_ones_the_surest_first() -> None:
    found = mistakes(ROWS)
    assert found["id"].tolist() == ["s4", "s2"]
    assert found["text"].tolist() == ["text 4", "text 2"]
    everything = verdict_table(ROWS)
    assert len(everything) == len(ROWS)
    assert everything["is_right"].tolist() == [True, True, False, True, False, None, None]
    assert everything.loc[5, "verdict"] == NO_ANSWER
    assert list(verdict_table([])) == list(everything)


def test_agreement_of_judges_and_label() -> None:
    opposite = [
        row(number, item.statement.label, None if item.verdict.p_send is None else 1 - item.verdict.p_send, SEND,
            item.verdict.source, judge="opposite")
        for number, item in enumerate(ROWS)
    ]  # fmt: skip
    found = agreement(validation(*ROWS, *opposite))
    kappas, counts = found.kappas, found.counts
    assert list(kappas) == ["judge", "opposite", THE_LABEL]
    assert counts.loc["judge", "opposite"] == 5
    assert kappas.loc["judge", "judge"] == 1
    assert kappas.loc["judge", "opposite"] < -0.8
    # 3 of 5 agree; by chance (2 x 2 + 3 x 3) / 25.
    assert kappas.loc["judge", THE_LABEL] == pytest.approx((3 / 5 - 13 / 25) / (1 - 13 / 25))


def test_the_tables_of_all_judges() -> None:
    twice = validation(*ROWS, *(replace(item, candidate="again") for item in reversed(ROWS)))
    counts = confusions(twice).set_index(["judge", "label"])
    assert list(counts) == ["send", "unsure", "do not send", NO_ANSWER]
    assert counts.loc[("again", "cannot_walk")].tolist() == [0, 1, 1, 1]
    assert len(counts) == 4
    bins = reliabilities(twice)
    assert bins["judge"].tolist() == ["judge"] * 10 + ["again"] * 10
    assert bins["n"].sum() == 10
    pairs = agreements(twice).set_index(["reader", "other"])
    assert list(pairs.index) == [("judge", "again"), ("judge", THE_LABEL), ("again", THE_LABEL)]
    assert pairs.loc[("judge", "again"), ["kappa", "high", "n"]].tolist() == [1, 1, 5]
    assert pairs.loc[("judge", "again"), "low"] < 0
    wrong = all_mistakes(twice)
    assert wrong["judge"].tolist() == ["judge", "judge", "again", "again"]
    assert wrong["id"].tolist() == ["s4", "s2", "s4", "s2"]


def test_the_tables_of_all_judges_have_their_columns_without_a_row() -> None:
    nothing = Validation(("judge",), tuple(item.statement for item in ROWS), (), finished=True)
    for table in (confusions(nothing), reliabilities(nothing), agreements(nothing), all_mistakes(nothing)):
        assert table.empty
        assert len(table.columns)


def test_agreement_of_a_person() -> None:
    answers = [HOLD_BACK, SEND, UNSURE, UNSURE, HOLD_BACK, HOLD_BACK, SEND]
    found = agreement_with_person(answers, validation(*ROWS))
    kappas, counts = found.kappas, found.counts
    assert list(kappas) == [THE_PERSON, "judge", THE_LABEL]
    assert kappas.loc[THE_PERSON, "judge"] == 1
    assert counts.loc[THE_PERSON, "judge"] == 6, "the failure is no answer"
    assert counts.loc[THE_PERSON, THE_LABEL] == 7
    assert 0 < kappas.loc[THE_PERSON, THE_LABEL] < 1


def test_figures_in_words() -> None:
    table = figures_side_by_side(reports(validation(*ROWS)))
    assert table.loc["accuracy", "judge"].startswith("0.600 (")
    assert table.loc["nothing to read", "judge"] == "1"
    assert table.loc["share called unsure", "judge"] == "0.400"
    assert table.loc["time, median (ms)", "judge"] == "20"
    assert not table.isna().any().any()


HOSTILE = "<a href='http://evil'>x</a>"


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_accuracy_chart_says_what_was_found(palette: Palette) -> None:
    dots = [AccuracyDot(HOSTILE, "", 0.2, 0.1, 0.3, 40), AccuracyDot("b", "", 0.9, 0.85, 0.95, 40)]
    figure = accuracy_figure(dots, [Reference(item.model, item.accuracy) for item in PUBLISHED_FIGURES], palette)
    assert [trace.x[0] for trace in figure.data] == [0.2, 0.9]
    assert [trace.error_x.array[0] for trace in figure.data] == pytest.approx([0.1, 0.05])
    assert [trace.error_x.arrayminus[0] for trace in figure.data] == pytest.approx([0.1, 0.05])
    texts = " ".join(item.text for item in figure.layout.annotations)
    for words in ("0.20 (0.10 to 0.30)", "Gemma 2 0.86", "Llama 3 8B 0.87", "Llama 3 70B 0.98", "guessing 0.50"):
        assert words in texts
    assert figure.layout.xaxis.range[0] < 0.1
    assert "<a" not in figure.to_json().replace("\\u003c", "<")
    assert len({trace.marker.symbol for trace in figure.data}) == 2
    assert accuracy_figure([], [], palette).layout.height > 0


def test_the_chart_of_kinds_gives_each_judge_its_marker() -> None:
    dots = [AccuracyDot(judge, kind, 0.5, 0.4, 0.6, 10) for kind in ("plain", "non_english") for judge in ("a", "b")]
    figure = groups_figure(dots, ["a", "b"], LIGHT)
    assert [trace.name for trace in figure.data] == ["a", "b"]
    assert figure.layout.yaxis.ticktext == ("plain (10)", "non english (10)")
    for trace in figure.data:
        assert [round(y) for y in trace.y] == [0, 1]
    assert figure.data[0].y[0] < figure.data[1].y[0]
    assert "<a" not in groups_figure([AccuracyDot(HOSTILE, HOSTILE, 1, 1, 1, 1)], [HOSTILE], LIGHT).to_json().replace(
        "\\u003c", "<"
    )


def test_the_other_charts() -> None:
    table = confusion(ROWS)
    figure = confusion_figure(list(table.index), list(table), table.to_numpy().tolist(), DARK)
    assert figure.data[0].text[1][3] == "<b>1</b><br>33 %"
    points = [CalibrationPoint(b.low, b.high, b.mean_p_send, b.share_can_walk, b.n) for b in reliability_of(ROWS)]
    drawn = reliability_figure(points, LIGHT)
    assert list(drawn.data[1].x) == pytest.approx([0.05, 0.1, 0.565, 0.9])
    assert sum(drawn.data[2].y) == 5
    assert isinstance(figures_table(reports(validation(*ROWS))), pd.DataFrame)
