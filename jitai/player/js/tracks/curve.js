import { dashOf } from "../glyphs.js";
import { markup } from "../markup.js";
import { latestDay } from "../model.js";
import { leftMark, otherLines, pathOf, scaleLine, trackTitle, withGhost } from "./parts.js";

/** Habituation and the risk of leaving, from 0 to 1. Only risk has the line at which the person leaves. */

/** @param {import("../types.js").View} view */
export function drawHabituation(view) {
  const { lead, run } = view;
  const value = latestDay(lead, view.day)?.habituation ?? run.startHabituation;
  return drawCurve(view, {
    track: view.layout.tracks.habituation,
    title: "Habituation",
    read: (day) => day.habituation,
    note: value.toFixed(2) + (view.layout.narrow || view.brief ? "" : " used to it"),
  });
}

/** @param {import("../types.js").View} view */
export function drawRisk(view) {
  const { font, layout, lead, run } = view;
  const track = layout.tracks.risk;
  const value = latestDay(lead, view.day)?.risk ?? run.startRisk;
  const y = heightOf(track);
  const gone = [{ kind: "run", line: run.line }, ...otherLines(view)]
    .filter(({ line }) => line.leftOn && view.seen >= line.leftOn)
    .map(({ kind, line }) => {
      const mark = leftMark(kind, layout.x(line.leftOn), y(Math.min(1, run.leavesAt)));
      return view.day < line.leftOn ? markup`<g class="ghost">${mark}</g>` : mark;
    });
  const text = view.brief || layout.narrow ? `leaves at ${run.leavesAt}` : `at ${run.leavesAt} the person leaves the study`;
  const line = markup`<path class="leave" d="M${layout.left} ${y(run.leavesAt)}H${layout.right}"/><text class="t" x="${layout.x(quietDay(view, text))}" y="${y(run.leavesAt) + font * 1.05}" font-size="${font}">${text}</text>`;
  return markup`${drawCurve(view, { track, title: "Risk of leaving", read: (day) => day.risk, note: value.toFixed(2) })}${line}${gone}`;
}

function heightOf(track) {
  return (value) => track.bottom - value * (track.height - 3);
}

function drawCurve(view, { track, title, read, note }) {
  const { font, layout, lead, run } = view;
  const y = heightOf(track);
  const place = (day) => y(read(day));
  const curves = (upTo) => markup`${otherLines(view)
    .filter(({ from }) => upTo >= from)
    .map(
      ({ kind, line, from }) =>
        markup`<path class="l-${kind}" stroke-dasharray="${kind === "reference" ? "5 4" : dashOf(line.letter)}" d="${pathOf(view, line.days.slice(Math.max(0, from - 2), upTo), place)}"/>`,
    )}<path class="l-run" d="${pathOf(view, run.line.days.slice(0, upTo), place)}"/>`;
  const latest = view.day > 0 ? latestDay(lead, view.day) : null;
  return markup`${scaleLine(view, y(0), "0", true, -font * 0.1)}${scaleLine(view, y(1), "1", false, font * 0.2)}${withGhost(view, curves)}${
    latest && markup`<circle class="dot" cx="${layout.x(latest.day)}" cy="${place(latest)}" r="${font * 0.27}"/>`
  }${trackTitle(view, track, title, note)}`;
}

/** A day from which the text has room under the line: where all lines stay low, of all days, so that it never moves. */
function quietDay({ font, layout, run }, text) {
  const width = Math.ceil((text.length * font * 0.54) / layout.column);
  const last = Math.max(1, run.days - width);
  if (!run.complete) return Math.min(7, last);
  const highest = (start) =>
    Math.max(0, ...[run.line, run.reference].flatMap((line) => line?.days.slice(start - 1, start + width).map((day) => day.risk) ?? []));
  return [7, 26, last]
    .map((start) => Math.max(1, Math.min(start, last)))
    .sort((one, two) => highest(one) - highest(two))[0];
}
