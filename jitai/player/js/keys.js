/** What each key means. Only the player's own root listens, so a page keeps its keys; Streamlit's are C and R. */

/** Shown once in presenter mode, and with "?". */
export const KEYS_TO_SHOW = [
  ["Space", "play"],
  ["← →", "a day"],
  ["R", "reveal"],
  ["W", "why"],
  ["F", "fork"],
  ["D", "table"],
  ["T", "theme"],
  ["P", "present"],
  ["Esc", "leave"],
];

/**
 * What a key press asks for, or null if it is none of the player's.
 * @param {{key: string, shiftKey?: boolean}} press
 * @returns {string | null}
 */
export function commandOf({ key, shiftKey = false }) {
  switch (key.length === 1 ? key.toLowerCase() : key) {
    case " ":
      return "play";
    case "ArrowRight":
      return shiftKey ? "five on" : "one on";
    case "ArrowLeft":
      return shiftKey ? "five back" : "one back";
    case "Home":
      return "start";
    case "End":
      return "end";
    case "f":
      return "fork";
    case "w":
      return "why";
    case "r":
      return "reveal";
    case "d":
      return "table";
    case "p":
      return "present";
    case "t":
      return "theme";
    case "?":
      return "keys";
    case "Escape":
      return "escape";
    default:
      return null;
  }
}

/**
 * Whether a control under the focus wants the key for itself.
 * @param {{tagName: string, type?: string, isPlay?: boolean}} focused
 * @param {string} command
 */
export function belongsToControl({ tagName, type = "", isPlay = false }, command) {
  if (tagName === "TEXTAREA" || tagName === "SELECT") return true;
  if (tagName === "INPUT" && type === "text") return true;
  if (tagName === "INPUT" && type === "radio") return ["one on", "one back", "play"].includes(command);
  return tagName === "BUTTON" && command === "play" && !isPlay;
}
