import { closeButton } from "./fork_dialog.js";
import { openFork } from "./forking.js";
import { belongsToControl, commandOf } from "./keys.js";
import { markup } from "./markup.js";
import { countHeldBack } from "./model.js";
import { keepFocus, present, showKeys } from "./presenting.js";
import { activeIn } from "./screen.js";
import { leadLine, mayReveal, shownBranches } from "./state.js";
import { drawTable } from "./table.js";

/** What the viewer asks for, by key or by button. */

/** @typedef {import("./player.js").Player} Player */

export function keyPressed(player, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const command = commandOf(event);
  const typing = event.target.tagName === "INPUT" && event.target.type === "text";
  if (typing) event.stopPropagation();
  if (event.key === "Tab" && player.state.presenting) keepFocus(player, event);
  if (!command) return;
  event.stopPropagation();
  if (command === "table" && player.parts["table-dialog"].open) player.parts["table-dialog"].close();
  else if (player.frame.querySelector("dialog[open]")) return;
  else obeyOutsideDialogs(player, event, command);
}

function obeyOutsideDialogs(player, event, command) {
  const target = { tagName: event.target.tagName, type: event.target.type, isPlay: event.target === player.parts.play };
  if (belongsToControl(target, command)) return;
  event.preventDefault();
  if (!event.repeat || command.startsWith("one") || command.startsWith("five")) obey(player, command);
}

function obey(player, command) {
  if (command !== "keys") player.parts.keys.hidden = true;
  const actions = {
    play: () => player.dispatch({ type: "toggle play" }),
    "one on": () => player.dispatch({ type: "step", by: 1 }),
    "one back": () => player.dispatch({ type: "step", by: -1 }),
    "five on": () => player.dispatch({ type: "step", by: 5 }),
    "five back": () => player.dispatch({ type: "step", by: -5 }),
    start: () => player.dispatch({ type: "move", day: 0 }),
    end: () => player.dispatch({ type: "move", day: player.run.end }),
    why: () => player.dispatch({ type: "toggle why" }),
    reveal: () => reveal(player),
    fork: () => openFork(player),
    table: () => openTable(player),
    present: () => present(player, !player.state.presenting),
    theme: () => switchTheme(player),
    keys: () => showKeys(player),
    escape: () => escapeKey(player),
  };
  actions[command]();
}

function escapeKey(player) {
  const word = player.frame.querySelector("[data-term]:is(:focus, :hover):not([data-closed])");
  if (word) return closeMeaning(word);
  if (player.state.why) player.dispatch({ type: "toggle why" });
  else if (player.state.presenting) present(player, false);
  return undefined;
}

/** What a word means goes away, until one comes back to the word. */
function closeMeaning(word) {
  word.dataset.closed = "";
  for (const leaving of ["blur", "pointerleave"]) word.addEventListener(leaving, () => delete word.dataset.closed, { once: true });
}

function switchTheme(player) {
  player.dispatch({ type: "theme", value: player.frame.dataset.theme === "dark" ? "light" : "dark" });
  player.restyle();
}

export function reveal(player) {
  const { run, state } = player;
  if (!state.revealed && !mayReveal(run)) {
    player.send("reveal", { day: state.day });
    player.say(run.options.revealNote || "The truth of this run is not here yet.");
    return;
  }
  const focused = activeIn(player.frame);
  player.dispatch({ type: "toggle reveal" });
  if (focused === player.parts["card-reveal"] || focused === player.parts.hide) {
    (player.state.revealed ? player.parts.hide : player.parts["card-reveal"]).focus();
  }
  if (!player.state.revealed) return;
  const held = countHeldBack(leadLine(player.state, run), player.state.day, true);
  if (held.judged) player.announce(`${held.right} of ${held.judged} messages that were held back were held back rightly.`);
}

export function legendClicked(player, event) {
  const remove = event.target.closest("[data-remove]");
  const lead = event.target.closest("[data-lead]");
  if (remove) {
    const key = remove.dataset.remove;
    player.dispatch({ type: "remove", key });
    player.parts.player.focus({ preventScroll: true });
    player.send("remove", { key });
  } else if (lead) {
    player.dispatch({ type: "lead", key: lead.dataset.lead });
  }
}

export function openTable(player) {
  const { run, state } = player;
  player.dispatch({ type: "pause" });
  const dialog = player.parts["table-dialog"];
  const table = drawTable(run, leadLine(state, run), shownBranches(state, run), state);
  dialog.innerHTML = String(markup`<div class="row"><h3 id="table-title">The days so far</h3>${closeButton()}</div><div class="scroll" tabindex="0">${table}</div>`);
  dialog.showModal();
  dialog.querySelector(".scroll").focus();
}
