import { markup } from "../markup.js";
import { drawHabituation, drawRisk } from "./curve.js";
import { drawRibbon } from "./ribbon.js";
import { drawStepsADay } from "./steps_a_day.js";
import { drawStepsSoFar } from "./steps_so_far.js";

/**
 * All tracks under one time axis.
 * @param {import("../types.js").View} view
 */
export function drawPicture(view) {
  const { tracks } = view.layout;
  return markup`<defs>${patterns(view.id)}</defs>${view.revealed && hatching(view)}${drawStepsSoFar(view)}${drawStepsADay(view)}${tracks.ribbon && drawRibbon(view)}${
    tracks.habituation && drawHabituation(view)
  }${tracks.risk && drawRisk(view)}${view.seen === 0 && hints(view)}`;
}

function patterns(id) {
  return markup`<pattern id="${id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern><pattern id="${id}-loss" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><path class="loss-hatch" d="M0 0V6"/></pattern>`;
}

/** Columns of the days on which the person could not walk: in every track, once revealed, as far as seen. */
function hatching({ id, layout, lead, seen }) {
  const columns = [];
  let start = 0;
  for (let day = 1; day <= Math.min(seen, lead.days.length) + 1; day += 1) {
    const truth = day <= seen ? lead.days[day - 1]?.truth : null;
    const cannot = Boolean(truth?.known && !truth.canWalk);
    if (cannot && !start) start = day;
    if (!cannot && start) {
      columns.push(
        markup`<rect x="${layout.x(start) - layout.column / 2}" width="${(day - start) * layout.column}" y="${layout.top}" height="${layout.bottom - layout.top}" fill="url(#${id}-hatch)"/>`,
      );
      start = 0;
    }
  }
  return columns;
}

/** Before the first day: what will be seen in each track. */
function hints({ brief, font, layout, run }) {
  const short = brief || layout.narrow;
  const centre = layout.left + (layout.right - layout.left) / 2;
  const hint = (track, text, shift = 0) =>
    track && markup`<text class="t" x="${centre}" y="${track.top + track.height * (0.5 + shift) + font * 0.35}" text-anchor="middle" font-size="${font}">${text}</text>`;
  const gap = short ? "filled: the difference" : `Two lines: this run, and ${run.answer.without}. The filled gap is the difference.`;
  return markup`${run.reference && hint(layout.tracks.stepsSoFar, gap, -0.24)}${
    !short && run.terms.steps && hint(layout.tracks.stepsSoFar, "Steps are the model’s units, not a pedometer’s 5,000 a day.", 0.18)
  }${hint(
    layout.tracks.stepsADay,
    short ? "one bar a day, by what was sent" : "One bar a day, by what was sent. A cross where a message was held back.",
    0.24,
  )}${hint(layout.tracks.habituation, short ? "messages lose force" : "Every message makes the next one weaker; quiet days restore it.")}`;
}
