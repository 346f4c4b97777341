import { glyph } from "../glyphs.js";
import { markup } from "../markup.js";
import { withGhost } from "./parts.js";

/**
 * Three rows: proposed, done, and what the truth allowed. A stem joins the first two where a message was held back; a
 * frame shows where the truth disagreed with what was done.
 */

/** Narrower columns have no room for signs; they get blocks of colour. */
const ROOM_FOR_GLYPHS = 5;

/** @param {import("../types.js").View} view */
export function drawRibbon(view) {
  const { font, layout } = view;
  const track = layout.tracks.ribbon;
  const middle = (row) => track.top + layout.row * (row + 0.5) + 2;
  const titles = layout.narrow
    ? markup`<text class="b" x="${layout.left}" y="${track.top - 6}" font-size="${font}">Proposed, done, truth allowed</text>`
    : ["Proposed", "Done", "Truth allowed"].map(
        (title, row) =>
          markup`<text class="${row === 1 ? "b" : "t"}" x="0" y="${middle(row) + font * 0.35}" font-size="${font}">${title}</text>`,
      );
  return markup`${withGhost(view, (upTo) => daysUpTo(view, upTo, middle))}${!view.revealed && hiddenRow(view, middle(2))}${titles}`;
}

function daysUpTo(view, upTo, middle) {
  const { layout } = view;
  return view.lead.days.slice(0, upTo).map((day) => {
    const x = layout.x(day.day);
    return markup`${day.held && markup`<path class="stem" d="M${x} ${middle(0)}V${middle(1)}"/>`}${sign(layout, day.proposed, x, middle(0))}${sign(layout, day.done, x, middle(1))}${
      view.revealed && day.truth?.known && truthOf(layout, day, x, middle)
    }`;
  });
}

function truthOf(layout, day, x, middle) {
  const { allowed } = day.truth;
  return markup`${sign(layout, allowed, x, middle(2))}${
    allowed !== day.done &&
    markup`<rect class="differs" x="${x - layout.column * 0.46}" width="${layout.column * 0.92}" y="${middle(1) - layout.row * 0.5}" height="${layout.row * 2}" rx="3"/>`
  }`;
}

function sign(layout, action, x, y) {
  if (layout.column >= ROOM_FOR_GLYPHS) return glyph(action, x, y, layout.glyph);
  if (action === 0) return markup`<path class="block0" d="M${x - layout.column / 2} ${y}h${layout.column}"/>`;
  return markup`<rect class="c${action} block" x="${x - layout.column / 2}" width="${layout.column}" y="${y - layout.row * 0.32}" height="${layout.row * 0.64}"/>`;
}

function hiddenRow({ id, brief, font, layout, run }, y) {
  const text = brief || layout.narrow ? "hidden: press Reveal" : "hidden until you reveal it (R)";
  const shown = run.options.revealLocked || id === "paper" ? "hidden" : text;
  const centre = layout.left + (layout.right - layout.left) / 2;
  const width = shown.length * font * 0.5;
  return markup`<path class="hidden-row" d="M${layout.left} ${y}H${layout.right}"/><rect class="paper-colour" x="${centre - width / 2}" width="${width}" y="${y - layout.row / 2 + 1}" height="${layout.row - 2}"/><text class="t" text-anchor="middle" x="${centre}" y="${y + font * 0.35}" font-size="${font}">${shown}</text>`;
}
