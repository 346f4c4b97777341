import { markup } from "../markup.js";

/** What all tracks are made of. */

/**
 * Drawn up to the cursor; what has been seen beyond it is a ghost, what has not been seen is not drawn at all.
 * @param {import("../types.js").View} view
 * @param {(upTo: number) => unknown} draw
 */
export function withGhost(view, draw) {
  return markup`${view.seen > view.day && markup`<g class="ghost">${draw(view.seen)}</g>`}${draw(view.day)}`;
}

/** The word behind a title that is explained where it stands. */
const TERMS = { "Steps so far": "steps", "Steps each day": "steps", Habituation: "habituation", "Risk of leaving": "risk" };

/** A title in the gutter, or above the track where there is none. @param {import("../types.js").View} view */
export function trackTitle(view, track, title, note = "") {
  const { font, layout } = view;
  const term = view.run.terms[TERMS[title]];
  const named = markup`${term && markup`<title>${term}</title>`}${title}`;
  if (layout.narrow) {
    return markup`<text class="b" x="${layout.left}" y="${track.top - 6}" font-size="${font}">${named}</text>${
      note && markup`<text class="t" x="${layout.right}" y="${track.top - 6}" text-anchor="end" font-size="${font}">${note}</text>`
    }`;
  }
  return markup`<text class="b" x="0" y="${track.top + font * 0.86}" font-size="${font}">${named}</text>${
    note && markup`<text class="t" x="0" y="${track.top + font * 2.2}" font-size="${font}">${note}</text>`
  }`;
}

/** A line across with its number on the right. @param {import("../types.js").View} view */
export function scaleLine(view, y, text, base = false, shift = 0) {
  const { font, layout } = view;
  return markup`<path class="${base ? "base" : "grid"}" d="M${layout.left} ${y}H${layout.right}"/><text class="t" x="${layout.right + 8}" y="${y + font * 0.35 + shift}" font-size="${font}">${text}</text>`;
}

/**
 * The points of a line of days, as an SVG path.
 * @param {import("../types.js").View} view
 * @param {import("../types.js").Day[]} days
 * @param {(day: import("../types.js").Day) => number} height
 */
export function pathOf(view, days, height) {
  return days
    .map((day, index) => `${index ? "L" : "M"}${view.layout.x(day.day).toFixed(2)} ${height(day).toFixed(2)}`)
    .join("");
}

/** The end of a line: the person has left. @param {string} kind of the line */
export function leftMark(kind, x, y) {
  return markup`<path class="cross m-${kind}" d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8"/>`;
}

/** All lines but the run: kind, line, and from which day it is drawn. @param {import("../types.js").View} view */
export function otherLines(view) {
  return [
    ...(view.run.reference ? [{ kind: "reference", line: view.run.reference, from: 1 }] : []),
    ...view.branches.map((line) => ({ kind: "branch", line, from: line.firstDay })),
  ];
}
