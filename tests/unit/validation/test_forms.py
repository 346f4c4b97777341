"""How far a judge takes the form of a statement for its meaning."""

from jitai.corpus import TEST, load_part
from jitai.records import Decision, Label, Verdict, VerdictSource
from jitai.validation.forms import FORMS, PLAIN, by_form, difference_in_words, in_every_form
from jitai.validation.runner import Candidate, ValidationRun


class Shouted:
    """A judge that is right, but takes whatever is shouted for well: named as such, it reads the label beforehand."""

    def __init__(self) -> None:
        self.unable = {item.text for item in load_part(TEST) if item.label is Label.CANNOT_WALK}

    def judge(self, text: str) -> Verdict:
        p_send = 0.9 if text.isupper() or text not in self.unable else 0.1
        return Verdict(Decision.SEND if p_send > 0.5 else Decision.HOLD_BACK, p_send, VerdictSource.MODEL, "")


def test_the_table_is_paired_with_the_plain_form() -> None:
    statements = load_part(TEST)[:40]
    runs = [ValidationRun([Candidate("shouted", Shouted)], items) for items in (statements, in_every_form(statements))]
    for run in runs:
        run.start()
        assert run.wait(20)
    table = by_form(*(run.snapshot() for run in runs)).set_index("form")
    assert list(table.index) == [PLAIN, *(form.label for form in FORMS.values())]
    assert set(table["n"]) == {40}
    unable = sum(item.label is Label.CANNOT_WALK for item in statements)
    plain, capitals = table.loc[PLAIN], table.loc[FORMS["capitals"].label]
    assert (plain.accuracy, plain.recall, plain.difference) == (1.0, 1.0, 0.0)
    assert capitals.recall == 0.0 and capitals.difference == -100 * unable / 40
    assert capitals.low < capitals.difference < capitals.high < 0


def test_every_form_is_another_writing_of_the_same() -> None:
    text = 'I can\'t walk. My "good" knee is swollen'
    written = {key: form.write(text) for key, form in FORMS.items()}
    assert text not in written.values() and len(set(written.values())) == len(FORMS)
    assert written["mistyped"] == FORMS["mistyped"].write(text)


def test_where_no_verdict_differs_there_is_no_interval_to_tell() -> None:
    assert difference_in_words(0.0, float("nan"), float("nan")) == "no verdict differs"
    assert difference_in_words(-1.25, -2.0, -0.5) == "-1.2 (-2.0 to -0.5)"
