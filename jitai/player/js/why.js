import { sentenceCase, signed, whole } from "./format.js";
import { markup } from "./markup.js";
import { countHeldBack, splitUpTo, stepsUpTo } from "./model.js";

/** Why: the difference between two lines, split into parts that add up to it. */

/** Parts below half a step are shown as none. */
const NOTICEABLE = 0.5;

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
  return markup`${choice}<h3>${whySentence(run, line, other, split, day, revealed)}</h3>${waterfall(
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
    { title: other.name, from: 0, size: stepsUpTo(other, day), kind: line.letter ? "run" : "reference" },
    { title: nameOf(line), from: 0, size: stepsUpTo(line, day), kind: kindOf(line, true) },
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
    ...(revealed
      ? [
          ["Held back rightly", held.right ? `${held.right} of ${held.judged}; nobody could have walked` : "none", split.heldRightly],
          ["Held back wrongly", held.wrong ? `${held.wrong} of ${held.judged}; a walk was missed` : "none", split.heldWrongly],
          ["Other messages proposed", "what the policy has learned", split.other],
        ]
      : [["What is sent on the day itself", "held back, or another message", split.action]]),
    ...(Math.abs(split.chance) >= NOTICEABLE ? [["Chance", "the day’s random variation differed", split.chance]] : []),
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
  return markup`<div class="waterfall" role="list">${rows.map((row) => {
    const small = row.kind === "part" && Math.abs(row.size) < NOTICEABLE;
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

/** What matters most, in a sentence. */
export function whySentence(run, line, other, split, day, revealed) {
  if (day === 0) return "Nothing has happened yet. Press play, and the difference is split here day by day.";
  const parts = ["stayed", "fresher", "action", "chance"].map((name) => ({ name, size: split[name] }));
  if (Math.abs(split.total) < NOTICEABLE && parts.every((part) => Math.abs(part.size) < NOTICEABLE)) {
    return `Up to here ${line.letter ? `branch ${line.letter} and this run` : "both"} have earned the same.`;
  }
  const largest = parts.reduce((best, part) => (Math.abs(part.size) > Math.abs(best.size) ? part : best));
  return line.letter ? branchSentence(line, split, largest) : runSentence(run, line, other, split, largest, day, revealed);
}

function branchSentence(line, split, largest) {
  const subject = `Branch ${line.letter}`;
  const size = whole(Math.abs(largest.size));
  if (largest.name === "stayed") return `${subject} ${largest.size < 0 ? "loses the days after the person has left" : "wins the days that this run no longer had"}: ${size} steps.`;
  if (largest.name === "fresher") {
    return largest.size > 0 ? `${subject} gains because messages are fresher afterwards: ${size} steps.` : `${subject} pays with habituation: more messages, each worth less, ${size} steps.`;
  }
  if (largest.name === "chance") return `${subject} differs most by chance: ${signed(largest.size)} steps.`;
  const habituation = Math.abs(split.fresher) > 20 ? `, and habituation ${split.fresher * split.action < 0 ? "takes back" : "adds"} ${whole(Math.abs(split.fresher))}` : "";
  return `${subject} ${largest.size > 0 ? "gains" : "loses"} by what is sent on each day: ${size} steps${habituation}.`;
}

function runSentence(run, line, other, split, largest, day, revealed) {
  const { subject, without } = run.answer;
  const held = countHeldBack(line, day, revealed);
  const mistakes = held.judged ? `${held.wrong} of ${held.judged} times holding back was wrong` : "";
  if (largest.name === "stayed" && largest.size > 0) {
    const share = largest.size > 0.9 * split.total ? "All" : "Most";
    const gone = goneDays(line, other, day);
    return `${share} of it comes from staying: ${without} this person left on day ${other.leftOn} and missed ${gone} ${gone === 1 ? "day" : "days"}.`;
  }
  if (largest.name === "fresher" && largest.size > 0) {
    const why = mistakes ? `${mistakes}, but quiet days kept messages fresh` : "after quiet days messages work better";
    return `The gain comes from resting, not from ${subject.toLowerCase()}: ${why}.`;
  }
  if (split.total < 0 && largest.name === "action") {
    return `${sentenceCase(subject)} costs so far: messages that were held back would have been walked${mistakes && `; ${mistakes}`}.`;
  }
  const cause = { action: "what is sent on each day", fresher: "how fresh messages are", stayed: "who stays", chance: "chance" }[largest.name];
  return `${sentenceCase(subject)} ${split.total < 0 ? "costs" : "gains"} mostly by ${cause}.`;
}
