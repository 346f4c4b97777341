"""What all browser sessions of a process share: the language model, its judges, the state of the Ollama server."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, Generic, TypeVar

import streamlit as st

from jitai.background import BackgroundCall, Progress
from jitai.corpus import TEST, StatementBook, book_of
from jitai.decision import DEFAULT_BAND, UnsureBand
from jitai.errors import JitaiError
from jitai.installation import Installation
from jitai.judge.cache import VerdictCache
from jitai.judge.consent import NOT_AGREED, Consent
from jitai.judge.judge import Judge
from jitai.judge.ollama.management import DONE, BackgroundWork, Cancellation
from jitai.judge.ollama.overview import ServerOverview, probe_server
from jitai.judge.ollama.server import OllamaServer, OllamaSettings
from jitai.judge.prompts import Prompt, find_prompt
from jitai.judge.registry import Probed, available_judges, choose_judge, open_backend, probe_all, prompts_after
from jitai.judge.rules import Rules, load_rules
from jitai.judge.shipped import shipped_replies
from jitai.judge.user_prompts import PersonalJudging
from jitai.paths import default_cache_dir, default_data_dir
from jitai.records import Decision
from jitai.rl.training_service import TrainingService

WARM_UP_DELAY_S = 1.5
Seen = TypeVar("Seen")


class Watch(Generic[Seen]):
    """The latest known state of an Ollama server, probed in the background so that no page waits for it.

    Args:
        look: takes the look before and gives the new one, within some seconds at the very most; never raises.
        latest: what is known before the first look.
    """

    MAX_AGE_S = 20.0

    def __init__(self, look: Callable[[Seen], Seen], latest: Seen) -> None:
        self.latest = latest
        self._take = look
        self._looked_at = float("-inf")
        self._under_way: BackgroundCall | None = None
        self._lock, self._looking = threading.Lock(), threading.Lock()

    def refresh(self) -> None:
        """Probe again in the background, unless the last probe is recent or still under way."""
        with self._lock:
            is_recent = time.monotonic() - self._looked_at < self.MAX_AGE_S
            if is_recent or (self._under_way is not None and not self._under_way.finished):
                return
            self._looked_at = time.monotonic()
            self._under_way = BackgroundCall("ollama-probe", self._look)
        self._under_way.start()

    def look_now(self) -> None:
        """Probe again and wait for the answer."""
        self._looked_at = time.monotonic()
        self._look()

    def _look(self) -> None:
        with self._looking:  # one at a time: what is begun later ends later
            self.latest = self._take(self.latest)


@st.cache_resource(show_spinner=False)
def backend_watch() -> Watch[Probed]:
    """Return this process's only watch of the judges that are available."""
    return Watch(lambda before: _probed(), {})


def _probed() -> Probed:
    """Return what every backend finds; a calibration that is found to belong to one of its models is read anew."""
    before, probed = prompts(), probe_all()
    if server_watch().latest is not None:  # the Models page has been opened: it says the same as the sidebar
        server_watch().look_now()
    if prompts_after(probed, personal_judging()) != before:
        reread_prompts()
    return probed


@st.cache_resource(show_spinner=False)
def verdict_cache() -> VerdictCache:
    """Return this process's only verdict cache, which lies on disk, over what was shipped."""
    return VerdictCache(default_cache_dir(), shipped_replies)


@st.cache_resource(show_spinner=False)
def personal_judging() -> PersonalJudging:
    """Return the prompts and calibrations of the person who runs the dashboard."""
    return PersonalJudging(default_data_dir())


@st.cache_resource(show_spinner=False)
def prompts() -> tuple[Prompt, ...]:
    """Return the prompts to choose from, the project's and the person's own."""
    return personal_judging().prompts()


def reread_prompts() -> None:
    """Make judges anew after a prompt or a calibration has changed; earlier replies stay in the cache."""
    prompts.clear()
    judge_for.clear()


@st.cache_resource(show_spinner=False)
def rules() -> Rules:
    """Return the rules that are tried before the model is asked."""
    return load_rules()


@st.cache_resource(show_spinner=False, max_entries=16)
def judge_for(
    key: str,
    prompt_name: str,
    on_failure: str = Decision.HOLD_BACK.value,
    low: float = DEFAULT_BAND.low,
    high: float = DEFAULT_BAND.high,
    settings: Any = None,
    consent: Consent = NOT_AGREED,
) -> Judge:
    """Return the judge of a key; its model is loaded by the first question, or by the warm-up at start.

    Args:
        key: of the judge, see jitai/judge/registry.py.
        prompt_name: of one of the prompts.
        on_failure: "send" or "do not send".
        low, high: the edges of the unsure band.
        settings: of the judge's backend; as usual if None.
        consent: what the person has agreed to of this judge's model, and of no other.
    """
    prompt, band = find_prompt(prompts(), prompt_name), UnsureBand(low, high)
    return Judge(open_backend(key, settings, consent), prompt, rules(), verdict_cache(), Decision(on_failure), band)


@st.cache_resource(show_spinner=False)
def start_warming_up() -> BackgroundCall:
    """Load the embedded model and look for Ollama once, in the background, while the first page is being read."""

    def warm_up() -> None:
        # Whatever fails here fails again, and is shown, when the first statement is judged.
        options = available_judges({}, prompts())
        best = choose_judge(options)
        judge_for(best, next(item.prompt for item in options if item.key == best)).warm_up()

    backend_watch().refresh()
    # The first page is drawn first: loading the model takes a core for a second or two.
    call = BackgroundCall("warm-up", warm_up, WARM_UP_DELAY_S)
    call.start()
    return call


@st.cache_resource(show_spinner=False, max_entries=16)
def statement_book(kinds: tuple[str, ...]) -> StatementBook:
    """Return what participants say: statements of the chosen kinds on which no prompt was tuned."""
    return book_of(TEST, kinds)


def _look(_: ServerOverview | None) -> ServerOverview:
    """Return the present state of the server's models."""
    try:
        server = OllamaServer()
    except JitaiError as error:
        return ServerOverview(failure=error.in_full)
    with closing(server):
        return probe_server(server)


class BackgroundJobs:
    """The work on the server that is under way, and what has ended and was not dismissed yet."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._works: list[BackgroundWork] = []
        self._lock = threading.Lock()

    def start(
        self,
        key: str,
        title: str,
        steps: Callable[[Cancellation], Iterator[Progress]],
        can_be_cancelled: bool = False,
    ) -> None:
        """Begin a piece of work, unless work with its key is under way; an earlier try at it is forgotten."""
        with self._lock:
            if any(work.key == key and work.running for work in self._works):
                return
            self._works = [work for work in self._works if work.key != key]
            self._works.append(BackgroundWork(key, title, steps, self._on_end, can_be_cancelled))

    def again(self, work: BackgroundWork) -> None:
        """Begin a piece of work that was cancelled, or has failed, once more."""
        self.start(work.key, work.title, work.steps, work.can_be_cancelled)

    def dismiss(self, work: BackgroundWork) -> None:
        """Remove a piece of work from what is shown."""
        with self._lock:
            self._works = [item for item in self._works if item is not work]

    def shown(self) -> list[BackgroundWork]:
        """Return the work to show. Quick work that went well is left out: the list of models shows its result."""
        with self._lock:
            self._works = [work for work in self._works if work.can_be_cancelled or work.state != DONE]
            return list(self._works)

    @property
    def running(self) -> bool:
        """Return whether any work is under way."""
        return any(work.running for work in self.shown())


@st.cache_resource(show_spinner=False)
def server_watch() -> Watch[ServerOverview | None]:
    """Return this process's only watch of the server's models; it knows nothing before the first probe."""
    return Watch(_look, None)


@st.cache_resource(show_spinner=False)
def background_jobs() -> BackgroundJobs:
    """Return this process's only list of background work."""
    watch, judges = server_watch(), backend_watch()

    def look_again() -> None:
        watch.look_now()
        judges.look_now()

    return BackgroundJobs(look_again)


def on_server(
    settings: OllamaSettings, do: Callable[[OllamaServer, Cancellation], Iterator[Progress]]
) -> Callable[[Cancellation], Iterator[Progress]]:
    """Return work on the server at OLLAMA_HOST, over connections of its own, which are closed when it ends."""

    def steps(cancellation: Cancellation) -> Iterator[Progress]:
        with closing(OllamaServer(settings=settings)) as server:
            yield from do(server, cancellation)

    return steps


@st.cache_resource(show_spinner=False)
def installations() -> dict[str, Installation]:
    """Return the latest installation of each part that this process has begun, by the part's key."""
    return {}


@st.cache_resource(show_spinner=False)
def training_service() -> TrainingService:
    """Return this process's only training service."""
    return TrainingService()
