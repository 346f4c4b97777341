"""Where a model runs, told by its server's address and list."""

import pytest

from jitai.judge.ollama.whereabouts import Place, is_cloud_name, is_this_machine, whereabouts

HERE = "http://127.0.0.1:11434"


@pytest.mark.parametrize(
    "url", [HERE, "http://127.8.8.8:1", "http://[::1]:11434", "https://localhost", "http://LOCALHOST:1"]
)
def test_a_loopback_address_is_this_machine(url: str) -> None:
    assert is_this_machine(url)
    found = whereabouts(url, "gemma3:4b", size_bytes=3_300_000_000)
    assert (found.place, found.leaves_this_machine, found.mark) == (Place.THIS_MACHINE, False, "")


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.5:11434",
        "http://my-server:11434",
        "https://ollama.example",
        "http://127.0.0.1@evil.test:11434",
        "http://localhost.evil.test",
        "http://127.0.0.1.evil.test",
        "http://[2001:db8::1]:11434",
        "http://[broken",
        "",
    ],
)
def test_any_other_address_is_another_machine(url: str) -> None:
    assert not is_this_machine(url)


def test_a_server_elsewhere_is_named_without_its_password() -> None:
    found = whereabouts("http://anna:secret@my-server:11434", "gemma3:4b", size_bytes=3_300_000_000)
    assert found.place is Place.ANOTHER_MACHINE
    assert "my-server:11434" in found.sentence and "gemma3:4b" in found.sentence
    assert "secret" not in found.sentence + found.mark


@pytest.mark.parametrize(
    "name",
    ["gpt-oss:120b-cloud", "GPT-OSS:120B-CLOUD", "glm-4.6:cloud", "anna/my-cloud", "my-cloud:latest", " a-cloud "],
)
def test_a_name_alone_tells_a_cloud_model(name: str) -> None:
    assert is_cloud_name(name)
    found = whereabouts(HERE, name)
    assert found.leaves_this_machine and found.mark == "cloud: ollama.com"


@pytest.mark.parametrize("name", ["gemma3:4b", "cloudy:1b", "my-clouds", "a-cloud/gemma3:4b", "cloud", "x:cloudy"])
def test_other_names_tell_nothing(name: str) -> None:
    assert whereabouts(HERE, name, size_bytes=3_300_000_000).place is Place.THIS_MACHINE


@pytest.mark.parametrize(
    ("listed", "host"),
    [
        ({"size_bytes": 384}, "ollama.com"),
        ({"size_bytes": 0}, "ollama.com"),
        ({"size_bytes": 90_000_000, "remote_host": "https://ollama.com:443"}, "ollama.com"),
        ({"size_bytes": 90_000_000, "remote_model": "gpt-oss:120b"}, "ollama.com"),
        ({"remote_host": "models.example:8000"}, "models.example"),
        ({"remote_host": "http://[broken"}, "ollama.com"),
    ],
)
def test_the_list_tells_a_cloud_model_under_any_name(listed: dict[str, object], host: str) -> None:
    found = whereabouts(HERE, "mine", **listed)  # type: ignore[arg-type]
    assert (found.place, found.host) == (Place.CLOUD, host)
    assert host in found.sentence and "127.0.0.1:11434" in found.sentence


def test_a_cloud_model_of_a_server_elsewhere_is_in_the_cloud() -> None:
    assert whereabouts("http://my-server:11434", "gpt-oss:120b-cloud").place is Place.CLOUD


def test_what_a_server_calls_itself_cannot_become_markup_or_a_second_line() -> None:
    found = whereabouts(HERE, "a\n**b**", remote_host="evil\u202e.test")
    assert "\n" not in found.sentence and "\u202e" not in found.sentence
