import { whole } from "../format.js";
import { dashOf } from "../glyphs.js";
import { markup } from "../markup.js";
import { stepsUpTo } from "../model.js";
import { leftMark, otherLines, scaleLine, trackTitle, withGhost } from "./parts.js";

/** Cumulative steps, with the gap between run and reference filled: the picture of the headline's number. */

/** @param {import("../types.js").View} view */
export function drawStepsSoFar(view) {
  const track = view.layout.tracks.stepsSoFar;
  const top = view.run.axes.stepsSoFar;
  const y = (steps) => track.bottom - (Math.min(steps, top) / top) * (track.height - 2);
  const scale = [0, top / 2, top].map((steps) => scaleLine(view, y(steps), whole(steps), steps === 0));
  const key = view.revealed && truthKey(view, track);
  return markup`${scale}${withGhost(view, (upTo) => linesUpTo(view, upTo, y))}${leavingFlag(view, track, y)}${branchFlags(view, track, y)}${
    view.day > 0 && markup`<circle class="dot" cx="${view.layout.x(view.day)}" cy="${y(stepsUpTo(view.run.line, view.day))}" r="${view.font * 0.31}"/>`
  }${trackTitle(view, track, "Steps so far", view.layout.narrow && view.revealed ? "hatched: cannot walk" : "")}${!view.layout.narrow && key}`;
}

function truthKey({ id, font }, track) {
  return markup`<rect class="frame-line" x="0" y="${track.top + font * 1.42}" width="${font * 1.1}" height="${font * 0.9}" fill="url(#${id}-hatch)"/><text class="t" x="${font * 1.6}" y="${track.top + font * 2.25}" font-size="${font}">cannot walk</text>`;
}

function linesUpTo(view, upTo, y) {
  const { run, layout } = view;
  const reference = run.reference;
  const flat = reference?.leftOn && upTo > reference.leftOn;
  return markup`${reference && gapAreas(view, upTo, y)}${
    reference && markup`<path class="l-reference" stroke-dasharray="5 4" d="${sumPath(view, reference, 0, upTo, y)}"/>`
  }${
    flat && markup`<path class="l-reference" stroke-dasharray="1 5" d="M${layout.x(reference.leftOn)} ${y(stepsUpTo(reference, upTo))}H${layout.x(upTo)}"/>`
  }<path class="l-run strong" d="${sumPath(view, run.line, 0, upTo, y)}"/>${view.branches
    .filter((branch) => upTo >= branch.firstDay)
    .map(
      (branch) =>
        markup`<path class="l-branch" stroke-dasharray="${dashOf(branch.letter)}" d="${sumPath(view, branch, branch.firstDay - 1, upTo, y)}"/>`,
    )}`;
}

/** The start of day 1 is the left edge: no steps yet. */
function dayEdge(layout, day) {
  return Math.max(layout.left, layout.x(day));
}

function sumPath({ layout }, line, from, upTo, y) {
  const points = [];
  for (let day = from; day <= Math.min(upTo, line.days.length); day += 1) {
    points.push(`${dayEdge(layout, day).toFixed(2)} ${y(stepsUpTo(line, day)).toFixed(2)}`);
  }
  return points.length ? `M${points.join("L")}` : "";
}

/**
 * Areas between run and reference, cut where the two cross, so that each is all gain or all loss.
 * @returns {unknown[]}
 */
function gapAreas(view, upTo, y) {
  const { id, layout, run } = view;
  const areas = [];
  let sign = 0;
  let upper = [];
  let lower = [];
  const close = () => {
    if (sign && upper.length > 1) {
      const outline = `M${upper.join("L")}L${[...lower].reverse().join("L")}z`;
      areas.push(sign > 0 ? markup`<path class="gain" d="${outline}"/>` : markup`<path class="loss" fill="url(#${id}-loss)" d="${outline}"/>`);
    }
    upper = [];
    lower = [];
  };
  const add = (x, a, b) => {
    upper.push(`${x.toFixed(2)} ${y(a).toFixed(2)}`);
    lower.push(`${x.toFixed(2)} ${y(b).toFixed(2)}`);
  };
  let [x0, a0, b0] = [layout.left, 0, 0];
  for (let day = 1; day <= upTo; day += 1) {
    const [x1, a1, b1] = [layout.x(day), stepsUpTo(run.line, day), stepsUpTo(run.reference, day)];
    const before = Math.sign(Math.round((a0 - b0) * 100));
    const after = Math.sign(Math.round((a1 - b1) * 100));
    if (before && after && before !== after) {
      const share = (a0 - b0) / (a0 - b0 - (a1 - b1));
      const [x, level] = [x0 + share * (x1 - x0), a0 + share * (a1 - a0)];
      add(x, level, level);
      close();
      sign = after;
      add(x, level, level);
    } else if (after !== sign && (after || before !== sign)) {
      close();
      sign = after;
      add(x0, a0, b0);
    }
    add(x1, a1, b1);
    [x0, a0, b0] = [x1, a1, b1];
  }
  close();
  return areas;
}

/** Where a line ends because the person has left, once that day has been seen. */
function leavingFlag(view, track, y) {
  const { brief, font, layout, run } = view;
  const marks = [{ kind: "run", line: run.line }, ...otherLines(view)]
    .filter(({ line }) => line.leftOn && view.seen >= line.leftOn)
    .map(({ kind, line }) => {
      const mark = leftMark(kind, layout.x(line.leftOn), y(stepsUpTo(line, line.leftOn)));
      return view.day < line.leftOn ? markup`<g class="ghost">${mark}</g>` : mark;
    });
  const reference = run.reference;
  if (!reference?.leftOn || view.seen < reference.leftOn) return marks;
  const text = `${brief || layout.narrow ? reference.short : run.answer.without}: left on day ${reference.leftOn}`;
  const width = text.length * font * 0.56;
  const foot = layout.x(reference.leftOn);
  const start = Math.min(foot, layout.right - width - 7);
  const covered = Math.min(run.days, reference.leftOn + Math.ceil(width / layout.column));
  const seenThere = Math.min(covered, view.seen);
  const highest = Math.max(
    ...[run.line, reference, ...view.branches].map((line) => stepsUpTo(line, seenThere)),
    run.axes.stepsSoFar * 0.3,
  );
  const base = Math.max(track.top + font * 0.9, y(highest) - font * 0.9);
  const flag = markup`<path class="m-reference" d="M${foot} ${y(stepsUpTo(reference, reference.leftOn)) - 7}V${base - font * 0.8}"/><text x="${start + 7}" y="${base}" font-size="${font}">${text}</text>`;
  return markup`${marks}${view.day < reference.leftOn ? markup`<g class="ghost">${flag}</g>` : flag}`;
}

/** A lettered flag where a branch begins; flags of neighbouring days stand side by side. */
function branchFlags(view, track, y) {
  const { font, layout } = view;
  const radius = font * 0.74;
  const near = (one, two) => Math.abs(one.firstDay - two.firstDay) * layout.column < radius * 2.4;
  return view.branches.map((branch, index) => {
    if (view.seen < branch.firstDay) return null;
    const beside = view.branches.slice(0, index).filter((other) => near(other, branch)).length;
    const x = layout.x(branch.firstDay);
    const foot = y(stepsUpTo(branch, branch.firstDay));
    const middle = { x: Math.min(x + beside * radius * 2.3, layout.right - radius), y: Math.max(track.top + radius, foot - font * 1.9) };
    const flag = markup`<path class="m-branch" d="M${x} ${foot}L${middle.x} ${middle.y}"/><circle class="f-branch" cx="${x}" cy="${foot}" r="3"/><circle class="f-branch" cx="${middle.x}" cy="${middle.y}" r="${radius}"/><text class="b on-branch" text-anchor="middle" x="${middle.x}" y="${middle.y + font * 0.35}" font-size="${font}">${branch.letter}</text>`;
    return view.day < branch.firstDay ? markup`<g class="ghost">${flag}</g>` : flag;
  });
}
