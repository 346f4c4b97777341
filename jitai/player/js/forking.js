import { drawForkDialog, forkRequest, MAX_WORDS } from "./fork_dialog.js";
import { dayOf } from "./model.js";
import { leadLine, shownBranches } from "./state.js";

/** Forks: the question goes to Python, the answer comes back as new data. */

/** @typedef {import("./player.js").Player} Player */

/** Up to four branches are drawn; Python keeps the same limit. */
const MAX_BRANCHES = 4;

/** The line that a fork changes: the one that is followed, if somebody decides on it. */
function forkedLine(player) {
  const lead = leadLine(player.state, player.run);
  return lead === player.run.reference ? player.run.line : lead;
}

/** Why no branch can be made now, as a sentence; "" if one can. */
function whyNoFork(player) {
  if (!player.run.options.canFork) return "This run cannot be forked here. Open it in the lab to change a day.";
  if (shownBranches(player.state, player.run).length >= MAX_BRANCHES) return "Four branches are drawn already. Remove one first.";
  if (player.state.pending) return "The last change is still being lived. Wait for its branch.";
  return "";
}

/** Ask what is to be different on this day. @param {Player} player */
export function openFork(player) {
  const day = player.state.day;
  if (day < 1) return player.say("Move to a day first, then fork it.");
  const reason = whyNoFork(player) || (dayOf(forkedLine(player), day) ? "" : "The person had left by this day. Go back to an earlier one.");
  if (reason) return player.say(reason);
  player.dispatch({ type: "pause" });
  const dialog = player.parts["fork-dialog"];
  dialog.innerHTML = String(drawForkDialog(player.run, forkedLine(player), day));
  dialog.showModal();
  dialog.querySelector("[name=action]:checked").focus();
  return undefined;
}

export function listenToFork(player) {
  const dialog = player.parts["fork-dialog"];
  dialog.addEventListener("input", (event) => {
    if (event.target.name === "words") dialog.querySelector("[value=other]").checked = true;
  });
  dialog.addEventListener("submit", (event) => {
    const request = forkRequest(player.run, forkedLine(player), player.state.day, Object.fromEntries(new FormData(event.target)));
    if (request) return ask(player, request);
    event.preventDefault();
    dialog.querySelector(".fork-note").textContent = "Nothing is changed yet.";
    return undefined;
  });
}

/** Words or a truth for the day to come, also while it plays. @param {Player} player */
export function changeTomorrow(player) {
  const { tomorrow, "say-truth": truth } = player.parts;
  const day = player.state.day + 1;
  const words = tomorrow.value.trim().slice(0, MAX_WORDS);
  const reason = whyNoFork(player) || (day > player.run.days ? "The study has no day after this one." : "");
  if (reason) return player.say(reason);
  const canWalk = truth.value === "" ? null : truth.value === "1";
  if (!words && canWalk === null) return player.say("Type what the participant says, or set what is true, then press Enter.");
  tomorrow.value = truth.value = "";
  player.parts.player.focus({ preventScroll: true });
  return ask(player, { identity: player.run.identity, line: forkedLine(player).key, day, action: null, words: words || null, can_walk: canWalk });
}

function ask(player, request) {
  const number = player.state.asked + 1;
  player.dispatch({ type: "asked", text: `day ${request.day} is lived again …`, number });
  player.send("fork", { ...request, number });
}
