"""The pages of the dashboard, in four groups. A new page needs its file in pages/ and one line here."""

from typing import NamedTuple

PLAY, EVIDENCE, JUDGE, MODEL = "Play", "Evidence", "Judge", "Model"


class Entry(NamedTuple):
    """A page in the navigation.

    Attributes:
        group: under which it is listed; empty for a page that is listed under none.
        path: of its file.
        title: in the navigation.
        icon: before the title, as Streamlit names it.
    """

    group: str
    path: str
    title: str
    icon: str


START, LIVE, ABOUT = "pages/start.py", "pages/live.py", "pages/about.py"
PAGES: tuple[Entry, ...] = (
    Entry(PLAY, LIVE, "Live", ":material/play_circle:"),
    Entry(PLAY, "pages/lessons.py", "Lessons", ":material/school:"),
    Entry(PLAY, "pages/decide.py", "Decide", ":material/videogame_asset:"),
    Entry(PLAY, "pages/stories.py", "Stories", ":material/movie:"),
    Entry(PLAY, "pages/class.py", "Class", ":material/groups:"),
    Entry(EVIDENCE, "pages/compare.py", "Compare", ":material/stacked_bar_chart:"),
    Entry(EVIDENCE, "pages/sweep.py", "Sweep", ":material/grid_on:"),
    Entry(EVIDENCE, "pages/design_study.py", "Design a study", ":material/groups:"),
    Entry(EVIDENCE, "pages/runs.py", "Runs", ":material/inventory_2:"),
    Entry(JUDGE, "pages/preferences.py", "Preferences", ":material/chat:"),
    Entry(JUDGE, "pages/validation.py", "Validation", ":material/fact_check:"),
    Entry(JUDGE, "pages/models.py", "Models", ":material/memory:"),
    Entry(MODEL, "pages/simulator.py", "Simulator", ":material/tune:"),
    Entry(MODEL, "pages/optimum.py", "Optimum", ":material/north_east:"),
    Entry(MODEL, "pages/train.py", "Train", ":material/model_training:"),
    Entry(MODEL, ABOUT, "About and glossary", ":material/menu_book:"),
)


class Door(NamedTuple):
    """One of the ways on from the Start page.

    Attributes:
        title, aside: what it is, and a remark in a corner.
        text: what is behind it.
        label: of the button.
        path: of the page that it leads to.
        parameters: that the page finds in its address, by name.
    """

    title: str
    aside: str
    text: str
    label: str
    path: str
    parameters: tuple[tuple[str, str], ...] = ()


DOORS: tuple[Door, ...] = (
    Door(
        "Lesson", "8 minutes",
        "Predict what listening is worth, watch one person for 50 days, then see the truth.",
        "Start the lesson", "pages/lessons.py", (("lesson", "holding-back"),),
    ),
    Door(
        "Play", "you decide",
        "Choose each day’s message, seeing what the policy sees. Afterwards: you beside the policy, on the same days.",
        "Take day 1", "pages/decide.py",
    ),
    Door(
        "Design a study", "for a protocol",
        "How many participants and days it takes to tell two methods apart, and the page to hand over.",
        "Plan", "pages/design_study.py",
    ),
)  # fmt: skip


def entry_of(path: str) -> Entry | None:
    """Return the entry of a page's file; None if it is not in the navigation."""
    return next((entry for entry in PAGES if entry.path == path), None)
