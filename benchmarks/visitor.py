"""A visitor without a browser: a websocket that speaks Streamlit's protocol, so that a hundred fit on one machine."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

CHARTS = {"plotly_chart", "bidi_component"}
"""What counts as a chart; the player is a component."""
ENDED = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
PATIENCE_S = 120.0
_VALUES = {bool: "bool_value", int: "double_value", float: "double_value", str: "string_value"}


class Lost(Exception):
    """The server has closed the connection, shown an exception, or not answered in time."""


class Visitor:
    """One visitor. It answers what the server asks of a page, and sends nothing else by itself.

    Args:
        address: of the dashboard, as "http://localhost:8501".
        page: its path; empty for the first page.
        ticks: whether it runs fragments again at the interval that the server asks for, as a browser does.
        headers: of the handshake, such as a cookie.

    Attributes:
        widgets: identifiers of the page's widgets by the key that the program gave them.
        n_bytes: received so far.
        first_chart_s: seconds from opening the connection to the first chart; infinite before it.
    """

    def __init__(
        self, address: str, page: str = "", ticks: bool = False, headers: Mapping[str, str] | None = None
    ) -> None:
        self._url, self._page, self._ticks = f"ws://{urlsplit(address).netloc}/_stcore/stream", page, ticks
        self._headers = dict(headers or {})
        self.widgets: dict[str, str] = {}
        self._switches: set[str] = set()
        self.n_bytes, self.first_chart_s, self.lost = 0, float("inf"), ""
        self._began = time.perf_counter()
        self._hash = ""
        self._n_ended = 0
        self._moved = asyncio.Condition()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *of_error: object) -> None:
        for task in self._tasks.values():
            task.cancel()
        if self._socket is not None:
            await self._socket.close()

    @property
    def is_ticking(self) -> bool:
        """Whether the page asks to be looked at again and again: something is under way."""
        return len(self._tasks) > 1

    async def open(self) -> float:
        """Open the page; return the seconds until its script has ended.

        Raises: Lost.
        """
        self._began = time.perf_counter()
        try:
            self._socket = await connect(
                self._url, subprotocols=["streamlit"], additional_headers=self._headers, max_size=None,  # type: ignore[list-item]
                open_timeout=PATIENCE_S, ping_timeout=None,
            )  # fmt: skip
        except (OSError, TimeoutError, ConnectionClosed) as error:
            raise Lost(f"no connection: {error}") from error
        self._tasks["reading"] = asyncio.create_task(self._read(self._socket))
        return await self._run(ClientState(page_name=self._page))

    async def see_chart(self) -> float:
        """Wait for the first chart; return the seconds from opening the connection to it.

        Raises: Lost.
        """
        await self._until(lambda: self.first_chart_s < float("inf"))
        return self.first_chart_s

    async def change(self, **values: object) -> float:
        """Give widgets values, by key (True presses a button or turns a switch on); return the seconds that it took.

        Raises: Lost; KeyError if the page has no such widget.
        """
        states = [self._state(self.widgets[key], value, key in self._switches) for key, value in values.items()]
        return await self._run(
            ClientState(page_script_hash=self._hash, widget_states=WidgetStates(widgets=states)),
        )

    @staticmethod
    def _state(identifier: str, value: object, is_switch: bool) -> WidgetState:
        if value is True and not is_switch:
            return WidgetState(id=identifier, trigger_value=True)
        return WidgetState(id=identifier, **{_VALUES[type(value)]: value})  # type: ignore[arg-type]

    async def _run(self, state: ClientState) -> float:
        began, n_before = time.perf_counter(), self._n_ended
        await self._send(state)
        await self._until(lambda: self._n_ended > n_before)
        return time.perf_counter() - began

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with self._moved:
            try:
                await asyncio.wait_for(self._moved.wait_for(lambda: is_so() or bool(self.lost)), PATIENCE_S)
            except TimeoutError:
                self.lost = f"no answer within {PATIENCE_S:g} s"
        if self.lost:
            raise Lost(self.lost)

    async def _send(self, state: ClientState) -> None:
        assert self._socket is not None
        try:
            await self._socket.send(BackMsg(rerun_script=state).SerializeToString())
        except ConnectionClosed as error:
            self.lost = f"closed: {error}"

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                self.n_bytes += len(data)
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                await self._take(message)
            self.lost = "the server has closed the connection"
        except ConnectionClosed as error:
            self.lost = f"closed: {error}"
        async with self._moved:
            self._moved.notify_all()

    async def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self._hash = message.navigation.page_script_hash
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            self._note(element.WhichOneof("type") or "", element)
            async with self._moved:
                self._moved.notify_all()
        elif kind == "auto_rerun" and self._ticks:
            fragment = message.auto_rerun.fragment_id
            if fragment not in self._tasks:
                self._tasks[fragment] = asyncio.create_task(self._tick(fragment, message.auto_rerun.interval))
        elif kind == "stop_auto_rerun" or (kind == "new_session" and not message.metadata.run.fragment_ids):
            self._stop_ticking()  # a run of the whole page says anew what is to be run again
        elif kind == "script_finished" and message.script_finished in ENDED:
            async with self._moved:
                self._n_ended += 1
                self._moved.notify_all()

    def _note(self, kind: str, element: Any) -> None:
        if kind == "exception":
            self.lost = f"an exception on the page: {element.exception.type}"
        if kind in CHARTS and self.first_chart_s == float("inf"):
            self.first_chart_s = time.perf_counter() - self._began
        identifier = str(getattr(getattr(element, kind, None), "id", ""))
        if identifier.startswith("$$ID-"):
            # $$ID, a digest, and the key of the program, or None.
            key = identifier.split("-", 2)[2]
            self.widgets[key] = identifier
            if kind == "checkbox":
                self._switches.add(key)

    def _stop_ticking(self) -> None:
        for name in [name for name in self._tasks if name != "reading"]:
            self._tasks.pop(name).cancel()

    async def _tick(self, fragment: str, interval: float) -> None:
        while not self.lost:
            await asyncio.sleep(interval)
            await self._send(ClientState(page_script_hash=self._hash, fragment_id=fragment, is_auto_rerun=True))
