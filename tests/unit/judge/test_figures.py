"""What is written down about the judges is what the shipped verdicts say: a test says when a figure is stale."""

import re

import pytest

from benchmarks import ship
from benchmarks.judge_table import TABLES, measured, table_in, with_table
from jitai.corpus import CALIBRATION, load_part
from jitai.errors import FileFormatError
from jitai.judge.embedded import EMBEDDED, OBEYS_ORDERS, TUNED, EmbeddedBackend
from jitai.judge.prompt_file import available_prompts
from jitai.judge.prompts import find_prompt
from jitai.paths import resource
from jitai.validation.calibration import measure
from jitai.validation.shipped import shipped_validation

HOW = "Run `make ship`, or the step of it that makes this."


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_of_judges_are_those_of_the_shipped_verdicts(name: str) -> None:
    text = resource(*name.split("/")).read_text(encoding="utf-8")
    assert table_in(text, name) == TABLES[name](measured()), HOW


def test_only_the_table_of_a_document_is_changed() -> None:
    text = resource("README.md").read_text(encoding="utf-8")
    changed = with_table(text, ["| a |"], "README.md")
    assert table_in(changed, "README.md") == ["| a |"]
    assert with_table(changed, table_in(text, "README.md"), "README.md") == text
    with pytest.raises(FileFormatError, match="lacks the marks"):
        with_table("nothing", [], "x.md")


@pytest.mark.parametrize(("key", "place"), [(TUNED, 0), (EMBEDDED, 1)])
def test_what_a_prompt_says_was_measured_is_what_the_shipped_verdicts_give(key: str, place: int) -> None:
    shipped = shipped_validation()
    assert shipped is not None
    rows = shipped.validation.rows_of(shipped.validation.candidates[place])
    digest = EmbeddedBackend(tuned=key == TUNED).identity().digest
    said = find_prompt(available_prompts(), EmbeddedBackend.usual_prompt(key)).calibration_for(digest).measured
    now = measure(rows, "", "")
    assert said is not None and now is not None
    assert said.share_right == pytest.approx(now.share_right, abs=0.0051), HOW
    assert said.n == now.n, HOW


def test_the_warning_about_hidden_orders_is_counted() -> None:
    shipped = shipped_validation()
    assert shipped is not None
    counts = []
    for name in (shipped.validation.candidates[1], shipped.validation.candidates[0]):
        rows = [
            row for row in shipped.validation.rows_of(name) if row.statement.kind == "injection" and row.cannot_walk
        ]
        counts += [sum(not row.is_right for row in rows), len(rows)]
    untrained, n, trained, _ = counts
    assert [int(number) for number in re.findall(r"\d+", OBEYS_ORDERS)] == [untrained, n, trained], HOW


def test_every_shipped_thing_is_made_by_a_step() -> None:
    made = {name for step in ship.STEPS for name in step.makes}
    assert made >= {"assets/verdicts", "assets/answers", "tests/golden/data", "docs/RESULTS.md", "docs/JUDGE.md"}
    makefile = resource("Makefile").read_text(encoding="utf-8")
    [listed] = re.findall(r"^EXPERIMENTS := (.+)$", makefile, re.MULTILINE)
    assert tuple(listed.split()) == ship.EXPERIMENTS


def test_a_step_that_fails_is_named_with_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = ship.Step("fine", "does nothing", (("compileall", "-q", "no_such_folder_at_all_"),), ())
    asked = ship.Step("broken", "fails", (("jitai", "no-such-command"),), ("README.md",))
    monkeypatch.setattr(ship, "STEPS", (fine._replace(commands=(("jitai", "--version"),)), asked, fine))
    assert ship.main([]) == 1
    shown = capsys.readouterr()
    assert "fine: does nothing" in shown.out
    assert "broken failed: python -m jitai no-such-command" in shown.err
    assert "--from broken" in shown.err
    assert ship.main(["--only", "fine"]) == 0
    assert ship.main(["--list", "--from", "broken"]) == 0
    assert "python -m jitai no-such-command" in capsys.readouterr().out


def test_the_calibration_part_is_none_of_the_held_out_statements() -> None:
    shipped = shipped_validation()
    assert shipped is not None
    held_out = {item.text for item in shipped.validation.statements}
    assert not held_out & {item.text for item in load_part(CALIBRATION)}
