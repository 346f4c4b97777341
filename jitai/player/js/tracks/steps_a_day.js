import { whole } from "../format.js";
import { cross, dashOf } from "../glyphs.js";
import { markup } from "../markup.js";
import { countHeldBack, dayOf } from "../model.js";
import { otherLines, scaleLine, trackTitle, withGhost } from "./parts.js";

/** One bar a day by what was sent; a cross where a message was held back; outlines and dashes of the other lines. */

/** Bars below this many steps are not drawn: they would be a hair. */
const VISIBLE_STEPS = 0.5;

/** @param {import("../types.js").View} view */
export function drawStepsADay(view) {
  const { font, layout, lead } = view;
  const track = layout.tracks.stepsADay;
  const top = view.run.axes.stepsADay;
  const y = (steps) => track.bottom - (Math.min(steps, top) / top) * track.height;
  const scale = [0, top / 2, top].map((steps) => scaleLine(view, y(steps), whole(steps), steps === 0));
  const held = countHeldBack(lead, view.day, view.revealed);
  const note = view.revealed && held.judged ? `${held.right} of ${held.judged} right` : "held back";
  return markup`${scale}${withGhost(view, (upTo) => barsUpTo(view, upTo, track, y))}${trackTitle(view, track, "Steps each day", layout.narrow ? `× ${note}` : "")}${
    !layout.narrow &&
    markup`<g transform="translate(${font * 0.4} ${track.top + font * 1.9})">${cross(0, 0, font * 0.32)}</g><text class="t" x="${font * 1.25}" y="${track.top + font * 2.25}" font-size="${font}">${note}</text>`
  }`;
}

function barsUpTo(view, upTo, track, y) {
  const { layout, lead } = view;
  const bar = layout.column * 0.66;
  const bars = lead.days.slice(0, upTo).map((day) => {
    const x = layout.x(day.day);
    return markup`${
      day.steps > VISIBLE_STEPS &&
      markup`<rect class="c${day.done}" x="${x - bar / 2}" width="${bar}" y="${y(day.steps)}" height="${track.bottom - y(day.steps)}"/>`
    }${day.held && cross(x, track.bottom - layout.glyph - 3, layout.glyph * 0.8)}`;
  });
  return markup`${outlines(view, upTo, track, y)}${bars}${dashes(view, upTo, y)}`;
}

/** The reference as dashed outlines behind the bars. */
function outlines({ layout, run, lead }, upTo, track, y) {
  if (!run.reference || run.reference === lead) return null;
  return run.reference.days.slice(0, upTo).map((day) => {
    if (day.steps <= VISIBLE_STEPS) return null;
    return markup`<rect class="outline" x="${layout.x(day.day) - layout.column * 0.45}" width="${layout.column * 0.9}" y="${y(day.steps)}" height="${track.bottom - y(day.steps)}"/>`;
  });
}

/** Branches, and the run while a branch leads, as dashes where they differ from what is drawn as bars. */
function dashes(view, upTo, y) {
  const { layout, lead, run } = view;
  const lines = [{ kind: "run", line: run.line, from: lead.firstDay }, ...otherLines(view)];
  return lines
    .filter(({ kind, line }) => kind !== "reference" && line !== lead)
    .flatMap(({ kind, line, from }) =>
      line.days.slice(from - 1, upTo).map((day) => {
        if (Math.abs(day.steps - (dayOf(lead, day.day)?.steps ?? 0)) <= VISIBLE_STEPS) return null;
        return markup`<path class="l-${kind}" stroke-dasharray="${layout.column > 20 ? dashOf(line.letter) : ""}" d="M${layout.x(day.day) - layout.column * 0.42} ${y(day.steps)}h${layout.column * 0.84}"/>`;
      }),
    );
}
