"""The page "Design a study", without a browser."""

import html

from streamlit.testing.v1 import AppTest

from jitai.experiments.answers import CHECKPOINTS, COMPARE, shipped_answer
from jitai.experiments.words import setting_in_short
from jitai.seeding import Stream, generator
from jitai.study.power import TwoArms, people_needed, power_at
from jitai.ui.widgets.hand_over import MadeFiles
from tests.app.driver import ROOT, TIMEOUT_S, as_markup, go_to, kept, open_app, opened, widget, without_error

DESIGN = "pages/design_study.py"


def open_page() -> AppTest:
    return without_error(go_to(open_app(), DESIGN))


def arms(place: int, days: int = 50, spread: float = 1.5) -> TwoArms:
    """The learner with the judge against the learner alone."""
    answer = shipped_answer(COMPARE)
    assert answer is not None
    condition = answer.experiment.spec.conditions()[place]
    steps = {}
    for item in answer.cells:
        if item.stored.cell.condition == condition and item.so_far is not None:
            at = item.stored.totals if days == 50 else item.so_far[:, CHECKPOINTS.index(days)]
            steps[item.stored.cell.method.name] = at
    return TwoArms(steps["LLM+TS"], steps["TS"], spread)


def of(n: int) -> object:
    return generator(n, Stream.BOOTSTRAP)


def test_the_page_opens_with_how_many_people_are_needed_and_says_what_else_that_hangs_on() -> None:
    app = open_page()
    here = people_needed(arms(1), 0.8, of)  # type: ignore[arg-type]
    assert here is not None
    assert f"{here.n} if the true setting is the one asked about" in app.header[0].value.replace("\\", "")
    said = as_markup(app).replace("\\", "")
    assert "2,000 simulated trials, unpaired; Monte Carlo error" in said
    assert f"With **{here.n} an arm**" in said and "With **5**, as published" in said
    assert "Compare’s paired seeds would suggest" in said
    (protocol,) = app.code
    assert protocol.value.startswith(f"{here.n} participants an arm") and "seeds 0 to 999" in protocol.value


def test_the_number_of_people_is_the_reader_s_until_the_question_changes() -> None:
    app = open_page()
    app = without_error(widget(app.number_input, "design_people").set_value(20).run())
    found = power_at(arms(1), 20, of)  # type: ignore[arg-type]
    assert f"With **20 an arm**, {100 * found.found:.0f} of 100 trials find it" in as_markup(app).replace("\\", "")
    assert app.code[0].value.startswith("20 participants an arm")
    app = without_error(app.run())
    assert widget(app.number_input, "design_people").value == 20
    app = without_error(widget(app.segmented_control, "design_spread").set_value(1.0).run())
    narrow = people_needed(arms(1, spread=1.0), 0.8, of)  # type: ignore[arg-type]
    assert narrow is not None and widget(app.number_input, "design_people").value == narrow.n < 20


def test_a_shorter_study_and_another_setting_are_asked_without_running_anything() -> None:
    app = without_error(widget(open_page().segmented_control, "design_days").set_value(10).run())
    short = people_needed(arms(1, 10), 0.8, of)  # type: ignore[arg-type]
    assert short is not None and f"{short.n} if the true setting" in app.header[0].value
    app = without_error(widget(app.selectbox, "design_method").set_value("TS").run())
    assert app.title[0].value == "Nothing to tell apart"


def test_how_often_five_trials_have_the_right_order_is_told_for_every_setting() -> None:
    app = open_page()
    said = as_markup(app).replace("\\", "")
    shares = [power_at(arms(place, spread=1.0), 5, of, 1000).in_order for place in range(8)]  # type: ignore[arg-type]
    assert f"{100 * min(shares):.0f} to more than 99 of 100 unpaired trials have it" in said
    assert max(shares) > 0.995
    (table,) = [element.value for element in app.dataframe]
    assert table["5"].tolist() == [f"{100 * share:.0f}" for share in shares]


def test_the_page_is_handed_over_with_the_range_the_curve_and_the_protocol() -> None:
    app = open_page()
    app = without_error(opened(app, "design_hand_over"))
    (made,) = kept(app, MadeFiles).files
    report = made.content.decode()
    for words in (
        app.code[0].value,
        app.title[0].value.split("]")[1],
        "In the 7 other settings it takes",
        "an arm for 80 of 100 trials.",
    ):
        assert html.escape(words) in report, words
    assert report.count(" (asked about)") == 1 and "people an arm" in app.code[0].value
    answer = shipped_answer(COMPARE)
    assert answer is not None and all(
        setting_in_short(item.config) in report for item in answer.experiment.spec.conditions()
    )


def test_the_heading_has_the_range_over_all_settings() -> None:
    needed = [people_needed(arms(place), 0.8, of) for place in range(8)]  # type: ignore[arg-type]
    counts = [item.n for item in needed if item is not None]
    assert len(counts) == 8
    assert f"[{min(counts):,} to {max(counts):,} people] an arm would show the gain" in open_page().title[0].value


def test_the_address_keeps_what_is_asked_and_the_report_links_back_to_it() -> None:
    app = open_page()
    app = without_error(widget(app.segmented_control, "design_spread").set_value(2.0).run())
    assert app.query_params["design_spread"] == "2.0" and "design_people" not in app.query_params
    app = without_error(widget(app.number_input, "design_people").set_value(77).run())
    assert app.query_params["design_people"] == "77"
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    for name, value in app.query_params.items():
        other.query_params[name] = value
    other.switch_page(DESIGN)
    other = without_error(other.run())
    assert other.title[0].value == app.title[0].value
    assert other.code[0].value == app.code[0].value and other.code[0].value.startswith("77 participants")


def test_what_the_page_does_not_offer_in_an_address_is_said_and_left_out() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT_S)
    app.query_params["design_method"], app.query_params["design_spread"] = "<b>nobody</b>", "nan"
    app.switch_page(DESIGN)
    app = without_error(app.run())
    assert "does not offer: method, spread." in app.warning[0].value.replace("\\", "")
    assert app.title[0].value == open_page().title[0].value
