import { mounting } from "./mount.js";
import { Player } from "./player.js";

/** The two ways in: a Streamlit page, and a file that opens from disk. */

/**
 * @typedef {(name: string, value: unknown) => void} Send
 * @param {{parentElement: ShadowRoot, data: [any], setTriggerValue: Send, setStateValue: Send}} component
 * @returns {() => void} what Streamlit calls when the player leaves the page
 */
export const mountInStreamlit = mounting(Player, (player, { data: [payload], setTriggerValue, setStateValue }) => player.receive(payload, setTriggerValue, setStateValue), takeFocus);

/** Its keys work as soon as a player is there, unless somebody is at another control. @param {Player} player */
function takeFocus(player) {
  const now = document.activeElement;
  const isElsewhere = now && now !== document.body && now.tagName !== "A";
  if (!player.run || player.run.options.small || isElsewhere) return;
  player.frame.dataset.arrived = "";
  player.parts.player.addEventListener("blur", () => delete player.frame.dataset.arrived, { once: true });
  player.parts.player.focus({ preventScroll: true });
}

/** Mount every player of a page that was written by standalone.py. @param {Document} page */
export function mountStandalone(page) {
  for (const place of page.querySelectorAll(".jitai-player")) {
    const data = place.parentElement.querySelector(".jitai-player-data");
    const style = place.parentElement.querySelector(".jitai-player-style");
    const root = place.attachShadow({ mode: "open" });
    root.append(style.content.cloneNode(true));
    new Player(root).receive(JSON.parse(data.textContent), () => {});
  }
}
