"""The command "design-study": what it is asked wrongly is said before anything is told."""

import pytest

from jitai.cli.main import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--people", "-1"), "--people is -1: allowed is 2 to 5,000."),
        (("--people", "5001"), "allowed is 2 to 5,000."),
        (("--method", "LLM+TZ"), "There is no method 'LLM+TZ'; did you mean 'LLM+TS'"),
        (("--against", "x"), "Stored are: TS; LLM+TS;"),
    ],
)
def test_a_wrong_question_is_answered_with_one_sentence(
    words: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["design-study", *words]) == 1
    out, err = capsys.readouterr()
    assert said in err
    assert not out
