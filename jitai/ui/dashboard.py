"""Starting the dashboard from any folder: a free port, this machine only, and a browser once it answers."""

import os
import re
import socket
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Sequence

from jitai.background import BackgroundCall
from jitai.errors import ParameterError
from jitai.paths import resource

FIRST_PORT = 8501
_N_PORTS_TRIED = 50
_SECONDS_FOR_THE_START = 60.0
HOST = "localhost"
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_NAME = re.compile(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


def serve(port: int | None = None, opens_browser: bool = True, names: Sequence[str] = ()) -> None:
    """Run the dashboard in this process until it is stopped.

    Args:
        port: 1 to 65535; by default 8501, or the next that is free.
        opens_browser: whether a browser is opened, where there is a screen.
        names: under which others reach it, beside those of this machine: requests for another name get no session.
    Raises: ParameterError if the port or a name cannot be used.
    """
    from streamlit.web import cli  # loaded here: it makes the options of all its commands

    port = _free_port() if port is None else _usable(port)
    url = f"http://{HOST}:{port}"
    if opens_browser and _has_screen():
        BackgroundCall("open-browser", lambda: _open_when_ready(url)).start()
    # Streamlit reads the rest of the settings from .streamlit/config.toml beside app.py, but the environment overrides
    # that file, and nothing may override these.
    settings = {
        "server.port": str(port),
        "server.address": HOST,
        "server.headless": "true",  # otherwise it asks for an e-mail address, and opens a browser by itself
        "browser.gatherUsageStats": "false",
        "global.developmentMode": "false",  # what it takes an installation outside of site-packages for
    }
    for name in names:
        if not _NAME.fullmatch(name):
            raise ParameterError(
                f"{name[:60]!r} is no name of a machine.", "Give one such as lab.example.org, without http:// and port."
            )
    hosts = [word for name in (*LOCAL_NAMES, *names) for word in ("--server.allowedHosts", name)]
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    cli.main(["run", str(resource("app.py")), *options, *hosts], prog_name="streamlit", standalone_mode=False)


def _free_port() -> int:
    """The first port from 8501 on where nobody listens.

    Raises: ParameterError if there is none among the first fifty.
    """
    for port in range(FIRST_PORT, FIRST_PORT + _N_PORTS_TRIED):
        if _is_free(port):
            return port
    raise ParameterError(
        f"All ports from {FIRST_PORT} to {FIRST_PORT + _N_PORTS_TRIED - 1} are in use.", "Give another with --port."
    )


def _usable(port: int) -> int:
    if not 1 <= port <= 65535:
        raise ParameterError(f"The port is {port}: it must be between 1 and 65535.")
    if not _is_free(port):
        raise ParameterError(f"Port {port} cannot be used: another program listens there, or it is reserved.")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name == "posix":  # where a port counts as taken for a minute after its program has ended
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _has_screen() -> bool:
    """Whether a browser would be seen; without this a text browser could take the terminal over."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open_when_ready(url: str) -> None:
    end = time.monotonic() + _SECONDS_FOR_THE_START
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):  # noqa: S310  (our own server)
                webbrowser.open(url)
                return
        except OSError:
            time.sleep(0.2)
