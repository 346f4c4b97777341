import { markup } from "../../player/js/markup.js";

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

/** @param {any} data @param {{step: number}} state @param {number} started when the clock was at zero, in milliseconds */
export function drawNotes(data, state, started, now = Date.now()) {
  const planned = data.steps.slice(0, state.step).reduce((sum, step) => sum + step.minutes, 0);
  const rows = data.steps.map((step, index) => {
    const here = index + 1 === state.step;
    return markup`<li ${here ? markup`aria-current="step"` : null}><button data-step="${String(index + 1)}"><b>${String(index + 1)}. ${step.name}</b><span>${clockText(step.minutes)}</span></button>${here && markup`<dl><dt>Say</dt><dd>${step.say}</dd><dt>What they usually think</dt><dd>${step.misconception}</dd><dt>Link</dt><dd class="small">?lesson=${data.lesson.id}&amp;step=${String(state.step)}&amp;notes=1</dd></dl>`}</li>`;
  });
  return markup`<div class="notes-head"><h3>Teacher’s notes</h3><button class="x" data-do="notes" aria-label="Close the notes"><svg viewBox="0 0 10 10"><path d="M1 1l8 8M9 1L1 9"/></svg></button></div><p class="clock"><b>${clockText((now - started) / 60000)}</b> <span class="muted small">this step should end at ${clockText(planned)} of ${clockText(data.lesson.minutes)}</span></p><p class="muted small">Open them on a second screen: each step has its link.</p><ol>${rows}</ol><div class="notes-foot"><button class="btn" data-do="back">Back</button><button class="btn" data-do="next">Next step</button><button class="btn" data-do="clock">Clock to zero</button></div>`;
}
