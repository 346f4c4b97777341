import { stepWord, whole } from "./format.js";
import { markup } from "./markup.js";
import { shownDifference, stepsUpTo } from "./model.js";

/** The answer: a sentence with its number, marked as with a highlighter. */

/** The longest headline that is to be expected; its width decides the type size once, so that nothing jumps. */
const LONGEST_NUMBER = 8888;

/** @param {import("./types.js").Run} run */
export function hasEnded(run, day) {
  return day > 0 && run.complete && day >= run.end;
}

/** Whether the headline speaks of a branch that the viewer follows; it is compared with the run. */
export function isOfBranch(lead) {
  return Boolean(lead.letter);
}

/**
 * The number that the headline shows.
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line} [lead] the line that the viewer follows
 */
export function answerNumber(run, day, lead = run.line) {
  if (isOfBranch(lead)) return shownDifference(lead, run.line, day);
  return run.reference ? shownDifference(run.line, run.reference, day) : Math.round(stepsUpTo(run.line, day));
}

/**
 * @param {import("./types.js").Run} run
 * @param {number} day
 * @param {number} number what is shown; on its way to `answerNumber` while it plays
 * @param {import("./types.js").Line} [lead] the line that the viewer follows
 */
export function drawAnswer(run, day, number, lead = run.line) {
  const ended = hasEnded(run, day);
  if (day === 0) return markup`${run.answer.question}`;
  const subject = isOfBranch(lead) ? `Branch ${lead.letter}` : run.answer.subject;
  if (!run.reference && !isOfBranch(lead)) return markup`<mark class="none">${whole(number)}</mark> ${stepWord(number)}${ended ? "" : " so far"}`;
  if (number === 0) return markup`${ended ? `${subject} made no difference` : "No difference yet"}`;
  return sentence(subject, number, ended);
}

/** The widest sentence of this run, to fit the type size to. @param {import("./types.js").Run} run */
export function longestAnswer(run) {
  return run.reference ? sentence(run.answer.subject, LONGEST_NUMBER, false) : markup`<mark class="none">${whole(88888)}</mark> steps so far`;
}

function sentence(subject, number, ended) {
  const size = Math.abs(number);
  return markup`${subject} ${ended ? "" : "has "}${number > 0 ? "gained" : "cost"} <mark class="${number > 0 ? "" : "loss"}">${whole(size)}</mark> ${stepWord(size)}`;
}

/** Milliseconds in which the number runs to its new value. @param {number} speed days a second */
export function runTime(speed) {
  return Math.min(280, 700 / speed);
}

/** The number on its way, after a share of the time from 0 to 1; it ends on the exact number. */
export function numberOnItsWay(from, to, share) {
  return share >= 1 ? to : Math.round(from + (to - from) * (1 - (1 - share) ** 3));
}
