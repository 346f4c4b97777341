import { Player } from "./player.js";

/** The two ways in: a Streamlit page, and a file that opens from disk. */

/** Players by the element that they stand in: Streamlit calls again whenever the data or the theme have changed. */
const players = new WeakMap();

/**
 * @typedef {(name: string, value: unknown) => void} Send
 * @param {{parentElement: ShadowRoot, data: [any], setTriggerValue: Send, setStateValue: Send}} component
 * @returns {() => void} what Streamlit calls when the player leaves the page
 */
export function mountInStreamlit({ parentElement, data: [payload], setTriggerValue, setStateValue }) {
  let player = players.get(parentElement);
  const isNew = !player;
  if (isNew) {
    player = new Player(parentElement);
    players.set(parentElement, player);
  }
  const turn = player.receive(payload, setTriggerValue, setStateValue);
  if (isNew) takeFocus(player);
  return () => {
    if (!player.isLatest(turn)) return; // a call that was overtaken by the next one is cleaned up late
    players.delete(parentElement);
    player.destroy();
  };
}

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
