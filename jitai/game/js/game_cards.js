import { percentText, probabilityText, signed, whole } from "../../player/js/format.js";
import { inlineGlyph } from "../../player/js/glyphs.js";
import { markup } from "../../player/js/markup.js";
import { drawLately, drawSensor, sums } from "./game_chart.js";

/** Headline and card of the game. */

export function totalOf(game) {
  return sums(game.lived.map((day) => day.steps)).pop() ?? 0;
}

export function drawHead(game) {
  const { end, lived, role } = game;
  const total = whole(totalOf(game));
  if (end) {
    const lines = [{ key: "you", name: "You", steps: lived.map((day) => day.steps), left: end.left }, ...end.lines];
    return {
      eye: `${game.kind}, seed ${game.seed}`,
      head: end.left ? `They left on day ${end.left}, with ${total} steps` : `You earned ${total} steps`,
      sub: markup`<div class="lines">${lines.map((line) => markup`<span class="m"><svg viewBox="0 0 26 10" aria-hidden="true"><path class="line-${line.key}" d="M1 5H25"/></svg><span>${line.name} <b>${whole(sums(line.steps).pop() ?? 0)}</b>${line.left > 0 && line.key !== "you" && `, left on day ${line.left}`}</span></span>`)}${role === "policy" && lived.some((day) => day.by_policy) && markup`<span class="m"><svg viewBox="0 0 26 10" aria-hidden="true"><path class="by-policy" d="M1 5H25"/></svg><span>days that the policy did</span></span>`}</div>`,
    };
  }
  const eye = `${game.kind}, seed ${game.seed}. The truth is hidden until the end.`;
  if (role === "clinician") {
    return { eye, head: lived.length ? `Day ${lived.length + 1}: ${total} steps so far` : "You are the clinician", sub: markup`A policy proposes a message. You read the words, and send it or hold it back, before you see what the judge says.${passedText(lived)}` };
  }
  return {
    eye,
    head: lived.length ? `You have earned ${total} steps` : "You are the policy",
    sub: lived.length ? markup`${lived.some((day) => day.by_policy) ? "Marked above the row: days that the policy did. It has learned from all days so far, and listens to the judge." : "No going back: a day is lived once."}` : markup`One choice a day. You see what a policy sees: where the sensor puts them, their words, what was sent lately. A message that fits brings up to 200 steps; every message wears off the next; wrong ones make them leave.`,
  };
}

/** Days since the last decision on which a clinician had nothing to decide. */
function passedText(lived) {
  const last = lived.map((day) => Boolean(day.asked)).lastIndexOf(true) + 1;
  if (last === lived.length) return "";
  const days = last + 1 === lived.length ? `Day ${lived.length}` : `Days ${last + 1} to ${lived.length}`;
  return ` ${days} went by as proposed: no words, or no message to decide on.`;
}

export function drawDayCard(game) {
  const { today, lived, actions, contexts, role } = game;
  const yesterday = lived[lived.length - 1];
  const sure = today.probability > 0.5 ? today.probability : 1 - today.probability;
  const lately = lived.slice(-10).filter((day) => day.done).length;
  const words = today.words ? markup`<span class="bubble ${today.words.length > 150 ? "long" : today.words.length < 62 ? "short" : ""}">“${today.words}”</span>` : markup`<span class="bubble none">No words today.</span>`;
  const short = ["no message", "generic", `for ${contexts[0]}`, `for ${contexts[1]}`];
  const buttons = role === "clinician"
    ? markup`<button class="btn" data-act="${String(today.proposed)}">Send <kbd>S</kbd></button><button class="btn" data-act="0">Hold back <kbd>H</kbd></button>`
    : short.map((name, action) => markup`<button class="btn" data-act="${String(action)}" aria-label="${actions[action]}, key ${String(action + 1)}">${inlineGlyph(action)}<span>${name}</span><kbd>${String(action + 1)}</kbd></button>`);
  return markup`<h3>Day ${String(lived.length + 1)} <small>of ${String(game.days)}</small></h3><div class="slot"><h4>${role === "clinician" ? "The day before" : "Yesterday"}</h4><p>${yesterday ? yesterdayText(yesterday, actions) : "Nothing has been sent yet."}</p>${role === "clinician" && lastVerdict(lived)}</div><div class="slot"><p>Sensor: <b>${sure < 0.505 ? "no idea" : `at ${contexts[today.sensed]}`}</b>, ${percentText(sure)} sure</p>${drawSensor(today.probability, contexts)}</div>${role === "clinician" ? markup`<div class="slot"><h4>The policy proposes</h4><p>${inlineGlyph(today.proposed)}<b>${actions[today.proposed]}</b></p></div>` : markup`<div class="slot"><p>Sent lately: <b>${String(lately)} ${lately === 1 ? "message" : "messages"}</b> in ten days</p>${drawLately(lived)}</div>`}<div class="words"><h4>Words</h4><div>${words}</div></div><div class="acts" role="group" aria-label="What do you do today?">${buttons}</div>`;
}

function yesterdayText(day, actions) {
  return markup`${inlineGlyph(day.done)}${actions[day.done]}: <b>${whole(day.steps)} ${Math.round(day.steps) === 1 ? "step" : "steps"}</b>${day.by_policy && markup` <span class="muted">(policy)</span>`}`;
}

/** What the judge said of the last words, once the clinician has decided. */
function lastVerdict(lived) {
  const last = [...lived].reverse().find((day) => day.verdict);
  return last && markup`<p class="muted small">The judge, on your last decision: ${{ send: "send", "do not send": "hold back", unsure: "unsure" }[last.verdict]}${last.p_send !== null && last.p_send !== undefined && `, P(send) ${probabilityText(last.p_send)}`}. P(send) is how sure it is that a message may be sent.</p>`;
}

/** @param {any} game @param {{id: number, steps: number, left: number, policy: number}[]} best @param {number} mine */
export function drawEndCard(game, best, mine) {
  const { end } = game;
  const total = Math.round(totalOf(game));
  const rule = sums(end.lines.find((line) => line.key === "rule").steps).pop() ?? 0;
  const kinds = end.kinds.filter(([, cost]) => cost !== 0);
  return markup`${end.agreement && agreementTable(end.agreement, game.lived.length)}<h3>The costliest days</h3><ol class="lost">${end.costliest.length ? end.costliest.map(({ sentence, cost }, index) => markup`<li><b>${String(index + 1)}</b><span>${sentence}</span><span class="n">${signed(-cost)}</span></li>`) : markup`<li><span></span><span>None.</span></li>`}</ol>${end.left > 0 && markup`<p class="muted small">What leaving costs is shared by the days that raised the risk.</p>`}<h3>All of it</h3><div class="pairs">${kinds.map(([name, cost]) => markup`<span>${name}</span><span><b>${signed(-cost)}</b></span>`)}</div><h3>What would have been enough</h3><p>A one-line rule earns <b>${whole(rule)}</b>: “the message for the place that the sensor reads, unless the judge says no.” ${total > Math.round(rule) ? "You earned more." : total === Math.round(rule) ? "You earned the same." : "It learns nothing."}</p><h3>Best of this browser</h3><table class="best-list"><tbody>${bestRows(best, mine)}</tbody></table>`;
}

function bestRows(best, mine) {
  const ranked = best.map((entry, index) => ({ ...entry, rank: index + 1 }));
  const own = ranked.find((entry) => entry.id === mine);
  const shown = own && own.rank > 3 ? [...ranked.slice(0, 2), own] : ranked.slice(0, 3);
  return shown.map((entry) => markup`<tr class="${entry.id === mine ? "me" : ""}"><td>${String(entry.rank)}</td><td class="r">${String(entry.share)} %</td><td>${whole(entry.steps)}</td><td>${entry.left ? `left on day ${entry.left}` : "stayed"}</td><td>${entry.policy ? `${entry.policy} days by the policy` : "by hand"}</td></tr>`);
}

function decimal(value) {
  return value.toFixed(2).replace("-", "−");
}

/** @param {Record<string, any>} agreement of three pairs @param {number} days that were lived */
export function agreementTable(agreement, days) {
  const rows = Object.entries(agreement).map(([name, { n, n_agreeing: agreeing, kappa, low, high, share_low: from, share_high: to }]) => {
    const share = n > 0 && markup`<br><span class="muted small">${Math.round(100 * from)} to ${Math.round(100 * to)} %</span>`;
    const interval = low !== null && markup`<br><span class="muted small">${decimal(low)} to ${decimal(high)}</span>`;
    return markup`<tr><td>${name === "judge and truth" ? "Judge and truth" : `You and the ${name}`}</td><td class="r">${String(agreeing)} of ${String(n)}${share}</td><td class="r">${kappa === null ? "–" : markup`<b>${decimal(kappa)}</b>${interval}`}</td></tr>`;
  });
  const decided = agreement.truth.n;
  return markup`<h3>How far you agree</h3><p>You decided on ${String(decided)} of ${String(days)} days. On the others there were no words, or no message.</p><table class="decisions"><thead><tr><th></th><th class="r">agree</th><th class="r">kappa</th></tr></thead><tbody>${rows}</tbody></table><p class="muted small">Below each: its 95 % interval, wide with so few days. Cohen’s kappa: 1 is full agreement, 0 is as by chance. An unsure judge counts as holding back.</p>`;
}

/** @param {any} game */
export function announcement(game) {
  return game.end ? drawHead(game).head : `Day ${game.lived.length + 1}. ${whole(game.lived[game.lived.length - 1]?.steps ?? 0)} steps the day before. ${game.today.words || "No words."}`;
}
