import { markup } from "./markup.js";

/** One alphabet of shapes: hollow circle, circle, square, diamond; a cross over the outline is "held back". */

/** Dashes of the branches' lines, by letter: dash-dot, dots, dash-dot-dot, long dashes. */
const BRANCH_DASH = { A: "11 3 2.5 3", B: "2.5 3.5", C: "11 3 2.5 3 2.5 3", D: "14 5" };

/** @param {string} letter */
export function dashOf(letter) {
  return BRANCH_DASH[letter] ?? "";
}

/** The sign of an action, centred on x, y. @param {number} action */
export function glyph(action, x, y, radius) {
  if (action === 0) return markup`<circle class="c0" cx="${x}" cy="${y}" r="${radius * 0.82}"/>`;
  if (action === 1) return markup`<circle class="c1" cx="${x}" cy="${y}" r="${radius}"/>`;
  if (action === 2) {
    const half = radius * 0.9;
    return markup`<rect class="c2" x="${x - half}" y="${y - half}" width="${2 * half}" height="${2 * half}"/>`;
  }
  const half = radius * 1.22;
  return markup`<path class="c3" d="M${x} ${y - half}L${x + half} ${y}L${x} ${y + half}L${x - half} ${y}z"/>`;
}

/** The cross of a message that was held back. */
export function cross(x, y, radius) {
  const r = radius;
  return markup`<path class="cross" d="M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}"/>`;
}

/** A sign in running text. @param {number} action @param {boolean} [held] */
export function inlineGlyph(action, held = false) {
  const sign = glyph(action, 7.5, 7.5, 5.6);
  return held
    ? markup`<svg class="gl" viewBox="0 0 15 15" aria-hidden="true"><g class="o${action}">${sign}</g>${cross(7.5, 7.5, 5.9)}</svg>`
    : markup`<svg class="gl" viewBox="0 0 15 15" aria-hidden="true">${sign}</svg>`;
}

/** A piece of a line for the legend. @param {"run" | "reference" | "branch"} kind @param {string} [letter] */
export function swatch(kind, letter = "") {
  return markup`<svg class="swatch" viewBox="0 0 26 10" aria-hidden="true"><path class="l-${kind}" d="M1 5H25" stroke-dasharray="${kind === "reference" ? "5 4" : dashOf(letter)}"/></svg>`;
}
