"""A page with nothing but the player, for tests/e2e/test_player.py: it answers forks with a branch that lies ready."""

import dataclasses
import json
from pathlib import Path

import streamlit as st

from jitai.ui.widgets.player import player

DATA = Path(__file__).parents[1] / "data"

st.set_page_config(layout="wide")
st.html("<style>.block-container{padding:24px 24px 8px !important} header{display:none !important}</style>")


def sample(name: str) -> dict:
    return json.loads((DATA / f"player_{name}.json").read_text(encoding="utf-8"))


which = st.query_params.get("run", "a")
payload = sample(f"run_{which}")
if "long" in st.query_params:
    payload["run"]["words"][0] = st.query_params["long"]
if (lived := int(st.query_params.get("lived", "0"))) > 0 and "all" not in st.session_state:
    run = payload["run"]
    run |= {name: column[:lived] for name, column in run.items() if isinstance(column, list)}
    run["truth"] = {name: column[:lived] for name, column in run["truth"].items()}
    run["complete"] = False
if "locked" in st.query_params:
    payload["options"] |= {"reveal": "locked", "reveal_note": "Predict first: how often was holding back right?"}

if "tells" in st.query_params:
    payload["options"] |= {"tells_viewer": True}

seen = st.session_state.setdefault("seen", {"runs": 0, "forks": [], "removed": [], "reveals": []})
seen["runs"] += 1
ready = [sample(f"branch_{which}") | {"key": letter, "letter": letter} for letter in st.query_params.get("ready", "")]
branches = st.session_state.setdefault("branches", ready)
answered = len(st.session_state["seen"]["forks"])
refused = {"notice": "The judge cannot be reached. Try again."} if "refuse" in st.query_params and answered else {}
events = player({**payload, "branches": branches, "answered": answered, **refused}, key="player")
if events.fork is not None:
    seen["forks"].append({name: getattr(events.fork, name) for name in events.fork.__dataclass_fields__})
    if "refuse" in st.query_params:
        st.rerun()
    letter = next(letter for letter in "ABCD" if letter not in [branch["letter"] for branch in branches])
    number = len(seen["forks"])
    name = f"day {events.fork.day}, {events.fork.words or 'changed'}"
    branches.append({**sample(f"branch_{which}"), "key": f"branch-{number}", "letter": letter, "name": name})
    st.rerun()
if events.remove is not None:
    seen["removed"].append(events.remove)
    branches[:] = [branch for branch in branches if branch["key"] != events.remove]
    st.rerun()
if events.reveal is not None:
    seen["reveals"].append(events.reveal)
if events.viewer is not None:
    seen["viewer"] = dataclasses.asdict(events.viewer)
st.button("the rest", on_click=lambda: st.session_state.update(all=True))
st.code(json.dumps(seen))
