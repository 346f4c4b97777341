"""The command ``ship-verdicts``: from replies that are kept it writes the very file that comes with the lab."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from jitai.cli import ship_verdicts
from jitai.cli.main import main
from jitai.corpus import CALIBRATION, TEST, load_part
from jitai.judge import embedded
from jitai.judge.cache import VerdictCache, reply_key
from jitai.judge.embedded import EMBEDDED, TUNED
from jitai.judge.registry import open_judge
from jitai.judge.shipped import FILE, shipped_replies
from jitai.judge.text import clean_statement


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither of the two wheels is installed, and nothing is kept yet."""
    monkeypatch.setattr(embedded, "MODEL_PACKAGE", "no_such_package_at_all")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.setenv("JITAI_CACHE_DIR", str(tmp_path / "cache"))


def test_replies_that_are_kept_are_not_asked_for_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "shipped.json.gz"
    with closing(VerdictCache(tmp_path / "cache")) as cache:
        for key in (TUNED, EMBEDDED):
            judge = open_judge(key)
            for item in (*load_part(TEST), *load_part(CALIBRATION)):
                text = clean_statement(item.text).text
                place = reply_key(judge.backend.identity(), judge.prompt, text)
                replies = shipped_replies(place)
                if text:
                    assert replies is not None
                    cache.put(place, replies)
    assert main(["ship-verdicts", "--out", str(out)]) == 0
    assert out.read_bytes() == FILE.read_bytes()
    assert f"{FILE.stat().st_size:,} bytes" in capsys.readouterr().err


def test_without_the_model_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ship_verdicts, "shipped_replies", lambda key: None)  # as if a statement were new
    out = tmp_path / "shipped.json.gz"
    assert main(["ship-verdicts", "--out", str(out)]) == 1
    assert "install-model" in capsys.readouterr().err
    assert not out.exists()
