import { markup } from "../../player/js/markup.js";
import { stepName } from "./words.js";

/** Teacher's notes: what to say, what students usually think, and a clock against the plan. */

/** "0:30" of minutes. @param {number} minutes */
export function clockText(minutes) {
  const seconds = Math.round(minutes * 60);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {number} minutes */
export function minutesText(minutes) {
  return minutes === Math.round(minutes) ? `${minutes} ${minutes === 1 ? "minute" : "minutes"}` : `${clockText(minutes)} minutes`;
}

/**
 * Addresses of a lesson, whole: what students get opens at the first step and has nothing of the teacher's.
 * @param {string} here the address of this page
 * @param {{lesson: string, step?: number, notes?: boolean, students?: boolean}} what
 */
export function addressFor(here, { lesson, step = 0, notes = false, students = false }) {
  const address = new URL(here);
  address.search = new URLSearchParams({ lesson, ...(step > 0 && { step: String(step) }), ...(notes && { notes: "1" }), ...(students && { student: "1" }) }).toString();
  address.hash = "";
  return address.href;
}

/** Whether only this machine can open an address. @param {string} here */
export function isOnlyHere(here) {
  return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(here).hostname);
}

/**
 * The page of notes, in a window of its own.
 * @param {any} data
 * @param {{step: number}} state
 * @param {{started: number, here: string, now?: number}} clock when it was at zero, in milliseconds, and this page's address
 */
export function drawNotes(data, state, { started, here, now = Date.now() }) {
  const planned = data.steps.slice(0, state.step).reduce((sum, step) => sum + step.minutes, 0);
  const rows = data.steps.map((step, index) => {
    const at = index + 1 === state.step;
    return markup`<li ${at ? markup`aria-current="step"` : null}><button data-step="${String(index + 1)}"><b>${String(index + 1)}. ${stepName(step)}</b><span>${clockText(step.minutes)}</span></button>${at && markup`<dl><dt>Say</dt><dd>${step.say}</dd><dt>What they usually think</dt><dd>${step.misconception}</dd></dl>`}</li>`;
  });
  const only = isOnlyHere(here) && markup`<p class="muted small">This address opens on this machine only. Open the dashboard under the machine’s name in your network, and the link has it.</p>`;
  return markup`<h3>Teacher’s notes: ${data.lesson.title}</h3><p class="clock"><b>${clockText((now - started) / 60000)}</b> <span class="muted small">this step should end at ${clockText(planned)} of ${clockText(data.lesson.minutes)}</span></p><p class="muted small">These notes and the lesson’s window follow each other. A step after a prediction opens once it is locked in there.</p><ol>${rows}</ol><div class="students"><label for="students"><b>For students</b></label><div><input type="text" id="students" readonly value="${addressFor(here, { lesson: data.lesson.id, students: true })}"><button class="btn" data-do="copy">Copy</button></div>${only}</div><div class="notes-foot"><button class="btn" data-do="back">Back</button><button class="btn" data-do="next">Next step</button><button class="btn" data-do="clock">Clock to zero</button></div>`;
}
