import { signed, whole } from "./format.js";
import { markup } from "./markup.js";
import { countHeldBack, splitUpTo, stepsUpTo } from "./model.js";

/** Why: the difference between two lines, split into parts that add up to it. Python splits it and says what matters. */

/**
 * Which two lines are compared, the first less the second.
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line | null} branch null compares the run with its reference
 */
export function comparedLines(run, branch) {
  return branch ? { line: branch, other: run.line } : { line: run.line, other: run.reference };
}

/**
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line[]} branches
 * @param {{whyOf: string, day: number, revealed: boolean}} shown
 */
export function drawWhy(run, branches, { whyOf, day, revealed }) {
  const branch = branches.find((candidate) => candidate.letter === whyOf) ?? null;
  const { line, other } = comparedLines(run, branch);
  const choice = whyChoice(run, branches, branch, day);
  if (!other) return markup`${choice}<h3>There is nothing to compare this run with. Fork a day to make a branch.</h3>`;
  const split = splitUpTo(line, day, revealed);
  if (!split) return markup`${choice}<h3>The split of this difference has not been worked out.</h3>${waterfall(totals(line, other, day))}`;
  const foot = revealed || !run.hasTruth ? "" : " Reveal the truth to see which messages were held back rightly.";
  return markup`${choice}<h3>${split.sentence || "Nothing has happened yet. Press play, and the difference is split here day by day."}</h3>${waterfall(
    rowsOf(line, other, split, day, revealed),
  )}<p class="foot">Steps up to day ${String(day)}. The parts add up to the difference exactly.${foot}</p>`;
}

function whyChoice(run, branches, chosen, day) {
  if (!branches.length) return null;
  const lost = run.reference && stepsUpTo(run.line, day) < stepsUpTo(run.reference, day);
  return markup`<div class="choice" role="group" aria-label="Compare">${
    run.reference && markup`<button data-why="" aria-pressed="${String(!chosen)}">Why did it ${lost ? "cost" : "pay"}?</button>`
  }${branches.map(
    (branch) =>
      markup`<button data-why="${branch.letter}" aria-pressed="${String(chosen === branch)}">Why is branch ${branch.letter} different?</button>`,
  )}</div>`;
}

/** @typedef {{title: string, note?: string, from: number, size: number, kind: "run" | "reference" | "branch" | "part"}} Row */

function kindOf(line, isFirst) {
  if (line.letter) return "branch";
  return isFirst ? "run" : "reference";
}

function totals(line, other, day) {
  return [
    { title: other.name, from: 0, size: Math.round(stepsUpTo(other, day)), kind: line.letter ? "run" : "reference" },
    { title: nameOf(line), from: 0, size: Math.round(stepsUpTo(line, day)), kind: kindOf(line, true) },
  ];
}

function nameOf(line) {
  return line.letter ? `Branch ${line.letter}` : line.name;
}

/** @returns {Row[]} */
function rowsOf(line, other, split, day, revealed) {
  const [first, last] = totals(line, other, day);
  const held = countHeldBack(line, day, revealed);
  const gone = goneDays(line, other, day);
  const parts = [
    ["Days the other no longer had", gone ? `${gone} ${gone === 1 ? "day" : "days"} that only one of the two still had` : "nobody has left", split.stayed],
    ["Fresher after quiet days", "habituation: rested, messages work more", split.fresher],
    ...(split.parts
      ? [
          ["Held back rightly", held.right ? `${held.right} of ${held.judged}: nobody could have walked` : "none", split.parts.heldRightly],
          ["Held back wrongly", held.wrong ? `${held.wrong} of ${held.judged}: a walk was missed` : "none", split.parts.heldWrongly],
          ["Other messages proposed", "the policy had learned from other days", split.parts.proposed],
          ...(split.parts.outside ? [["Decided otherwise", "by a person, or by a rule", split.parts.outside]] : []),
        ]
      : [["What is sent on the day itself", "held back, or another message", split.action]]),
    ...(split.chance ? [["Chance", "the luck of the days differed", split.chance]] : []),
  ];
  let from = first.size;
  const rows = parts.map(([title, note, size]) => {
    const row = { title, note, from, size, kind: "part" };
    from += size;
    return row;
  });
  return [first, ...rows, last];
}

function goneDays(line, other, day) {
  return Math.abs(Math.min(day, line.days.length) - Math.min(day, other.days.length));
}

/** @param {Row[]} rows */
function waterfall(rows) {
  const ends = rows.flatMap((row) => [row.from, row.from + row.size]);
  const [low, high] = [Math.min(0, ...ends), Math.max(1, ...ends) * 1.02];
  const place = (value) => ((value - low) / (high - low)) * 100;
  let before = null;
  return markup`<div class="waterfall${rows.length > 5 ? " tall" : ""}" role="list">${rows.map((row) => {
    const small = row.kind === "part" && row.size === 0;
    const [start, end] = [row.from, row.from + row.size].sort((one, two) => one - two);
    const style = row.kind === "part" ? (row.size >= 0 ? "gain" : "loss") : row.kind;
    const rule = before !== null && markup`<u style="left:${place(before)}%"></u>`;
    before = row.from + row.size;
    return markup`<div class="wrow${small ? " small" : ""}" role="listitem"><div class="wl"><b>${row.title}</b>${
      row.note && markup`<span>${row.note}</span>`
    }</div><div class="wb" aria-hidden="true">${rule}<i class="b-${style}" style="left:${place(start)}%;width:max(2px, ${place(end) - place(start)}%)"></i></div><div class="wn">${
      row.kind === "part" ? signed(row.size) : whole(row.size)
    }<span class="sr"> steps</span></div></div>`;
  })}</div>`;
}
