import { KEYS_TO_SHOW } from "./keys.js";
import { markup } from "./markup.js";
import { activeIn } from "./screen.js";

/** Presenter mode. */

/** @typedef {import("./player.js").Player} Player */

const KEYS_TIME = 8000;

/** The player alone over the whole window, in the browser's top layer where there is one. */
export function present(player, on) {
  const { frame } = player;
  frame.dataset.mode = on ? "presenter" : "page";
  if (frame.showPopover) {
    if (on) {
      frame.setAttribute("popover", "manual");
      frame.showPopover();
    } else if (frame.hasAttribute("popover")) {
      frame.hidePopover();
      frame.removeAttribute("popover");
    }
  }
  player.screen.measure = null;
  player.dispatch({ type: "present", on });
  player.parts.player.focus({ preventScroll: true });
  if (on && !player.keysShown && player.frame.clientWidth >= 600) {
    player.keysShown = true;
    showKeys(player);
  }
  if (!on) player.parts.keys.hidden = true;
}

/** In presenter mode the page behind is not to be reached. */
export function keepFocus(player, event) {
  const all = [...player.frame.querySelectorAll("button, input, [tabindex]")].filter((element) => element.offsetParent !== null && !element.disabled);
  const [first, last] = [all[0], all[all.length - 1]];
  const next = event.shiftKey && activeIn(player.frame) === first ? last : !event.shiftKey && activeIn(player.frame) === last ? first : null;
  if (next && !player.frame.querySelector("dialog[open]")) {
    event.preventDefault();
    next.focus();
  }
}

export function showKeys(player) {
  const { keys } = player.parts;
  const shown = KEYS_TO_SHOW.filter(([key]) => !player.state.presenting || !["D", "P"].includes(key));
  player.screen.put(keys, markup`${shown.map(([key, meaning]) => markup`<span><kbd>${key}</kbd>${meaning}</span>`)}`);
  keys.hidden = false;
  clearTimeout(player.keysTimer);
  player.keysTimer = setTimeout(() => {
    keys.hidden = true;
  }, KEYS_TIME);
}
