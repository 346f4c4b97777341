import { answerNumber, drawAnswer, hasEnded, isOfBranch, longestAnswer } from "./answer.js";
import { drawAxis } from "./axis.js";
import { cardSlots } from "./card.js";
import { drawDraws } from "./draws.js";
import { drawFacts, factsOf } from "./facts.js";
import { stepsText, whole } from "./format.js";
import { hoverText } from "./hover.js";
import { drawJudgeScale } from "./judge_scale.js";
import { layOut } from "./layout.js";
import { drawLegend } from "./legend.js";
import { markup } from "./markup.js";
import { dayOf, shownSteps, stepsUpTo } from "./model.js";
import { fillLegend } from "./paper.js";
import { playFace, skeleton } from "./skeleton.js";
import { isWaiting, leadLine, sceneOf, shownBranches } from "./state.js";
import { drawPicture } from "./tracks/picture.js";
import { drawWhy } from "./why.js";

/** Puts what the drawing functions return into the document, and only where it has changed. */
export class Screen {
  /** @param {HTMLElement} frame */
  constructor(frame) {
    this.frame = frame;
    frame.innerHTML = skeleton();
    /** @type {Record<string, any>} */
    this.parts = {};
    for (const element of frame.querySelectorAll("[data-part]")) this.parts[element.dataset.part] = element;
    this.drawn = new WeakMap();
    this.measure = null;
    this.layout = null;
  }

  /** Replace an element's content unless it is that already. @param {Element} element */
  put(element, content) {
    const text = String(content);
    if (this.drawn.get(element) === text) return false;
    this.drawn.set(element, text);
    element.innerHTML = text;
    return true;
  }

  /** Read the sizes that the style sheet gives; again whenever the size or the mode has changed. */
  takeMeasure(run, state) {
    const { player, plot, answer, draws } = this.parts;
    const style = getComputedStyle(player);
    const pixels = (name) => parseFloat(style.getPropertyValue(name));
    const wide = this.frame.clientWidth >= 960;
    const low = state.presenting && wide && window.innerHeight < 900;
    const { small } = run.options;
    this.measure = {
      width: plot.clientWidth,
      height: plot.clientHeight,
      font: pixels("--f1"),
      gutter: pixels("--gutter"),
      scale: pixels("--scale"),
      card: draws.clientWidth || 300,
      scaleWidth: this.parts["judge-scale"].clientWidth || 300,
      axisHeight: this.parts.axis.clientHeight,
      brief: state.presenting || small,
      strip: state.presenting && (low || !wide),
    };
    const without = small ? ["ribbon", "habituation", "risk"] : low ? ["habituation"] : [];
    this.layout = layOut({ ...this.measure, days: run.days, without });
    this.fitAnswer(answer, run, pixels("--f4"));
  }

  /** One type size for the whole run: what the longest headline needs; it never changes while it plays. */
  fitAnswer(answer, run, largest) {
    answer.style.fontSize = "";
    if (getComputedStyle(answer).whiteSpace !== "nowrap" || !answer.clientWidth) return;
    const trial = document.createElement("span");
    trial.style.cssText = "position:absolute;visibility:hidden;white-space:nowrap";
    trial.innerHTML = String(longestAnswer(run));
    answer.append(trial);
    const share = answer.clientWidth / trial.offsetWidth;
    trial.remove();
    if (share < 1) answer.style.fontSize = `${Math.floor(largest * share)}px`;
  }

  /** @param {import("./types.js").Run} run @param {import("./types.js").State} state */
  render(run, state, number) {
    if (!this.measure) this.takeMeasure(run, state);
    const branches = shownBranches(state, run);
    const lead = leadLine(state, run);
    this.renderAnswer(run, state, number);
    this.put(this.parts.facts, drawFacts(factsOf(run, lead, state)));
    this.renderLegend(run, state, branches);
    this.renderPicture(run, state, lead, branches);
    this.renderCard(run, state, lead, branches);
    this.renderWhy(run, state, branches);
    this.renderTransport(run, state, lead);
    this.renderHover(run, state, lead, branches);
  }

  renderAnswer(run, state, number) {
    const { answer, many, title } = this.parts;
    for (const word of this.frame.querySelectorAll("[data-term]")) {
      const meaning = run.terms[word.dataset.term] ?? "";
      if (word.dataset.meaning === meaning) continue;
      word.dataset.meaning = meaning;
      word.setAttribute("aria-description", meaning);
    }
    this.put(title, markup`<b>${run.title}</b>${run.detail && `, ${run.detail}`}`);
    const lead = leadLine(state, run);
    this.put(answer, drawAnswer(run, state.day, number ?? answerNumber(run, state.day, lead), lead));
    this.put(many, markup`${isOfBranch(lead) ? `Compared with this run, one person: ${lead.name}` : run.manySeeds}`);
    many.hidden = !run.reference && !run.manySeeds;
    // Before the end it would give the answer away; its place is kept, so that nothing jumps.
    many.style.visibility = isOfBranch(lead) || hasEnded(run, state.day) ? "" : "hidden";
  }

  renderLegend(run, state, branches) {
    const { legend } = this.parts;
    this.put(legend, drawLegend(run, branches, state.pending));
    fillLegend(legend, run, branches, state.day);
    for (const button of legend.querySelectorAll("[data-lead]")) {
      button.setAttribute("aria-pressed", String(button.dataset.lead === state.lead));
    }
  }

  renderPicture(run, state, lead, branches) {
    const { width, height, axisHeight, font, brief } = this.measure;
    if (width === 0 || height === 0) return;
    const { picture, scrub } = this.parts;
    const layout = this.layout;
    const view = { id: "live", run, lead, branches, day: state.day, seen: state.seen, revealed: state.revealed, layout, font, brief };
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.put(picture, drawPicture(view));
    picture.setAttribute("aria-label", pictureLabel(run, state));
    this.parts["axis-picture"].setAttribute("viewBox", `0 0 ${width} ${axisHeight}`);
    this.put(this.parts["axis-picture"], drawAxis(layout, { days: run.days, day: state.day, font }));
    scrub.style.left = `${layout.left - layout.column / 2 - 8}px`;
    scrub.style.width = `${run.days * layout.column + 16}px`;
    for (const cursor of [this.parts.cursor, this.parts["axis-cursor"]]) {
      cursor.style.width = `${layout.column}px`;
      cursor.style.transform = `translateX(${layout.x(state.day) - layout.column / 2}px)`;
      cursor.style.visibility = state.day ? "visible" : "hidden";
      cursor.style.setProperty("--beat", `${0.9 / state.speed}s`);
      cursor.classList.toggle("glide", state.playing);
    }
    this.parts["axis-cursor"].style.bottom = `${axisHeight - 10}px`;
  }

  renderCard(run, state, lead, branches) {
    const { parts, measure } = this;
    const lived = dayOf(lead, state.day);
    const slots = cardSlots(run, lead, branches, state);
    for (const name of ["sensor", "policy", "words", "judge", "source", "done", "earned"]) this.put(parts[name], markup`${slots[name]}`);
    this.put(parts.draws, drawDraws(run, lived, { font: measure.font, width: measure.card, strip: measure.strip }));
    this.put(parts["judge-scale"], drawJudgeScale(run, lived, { font: measure.font, width: measure.scaleWidth }));
    const flag = lead !== run.line && markup` <span class="flag" title="${lead.name}">${lead.letter || "–"}</span>`;
    this.put(parts.day, state.day === 0 ? markup`Before day 1` : markup`Day ${String(state.day)} <small>of ${String(run.days)}</small>${flag}`);
    parts["card-reveal"].hidden = state.revealed;
    parts.truth.hidden = !state.revealed;
    parts.hide.hidden = !state.revealed || state.day === 0;
    this.put(parts.truth, markup`${state.revealed && slots.truth}`);
    parts.card.classList.toggle("crowded", branches.length > 0);
    const canFork = run.options.canFork;
    parts.fork.hidden = !canFork;
    parts.fork.disabled = state.day < 1;
    this.renderSay(run, state, lead);
    this.renderScene(run, state);
  }

  /** The caption of the scene, with what goes on from there. */
  renderScene(run, state) {
    const { scene, caption } = this.parts;
    const button = this.parts["next-scene"];
    const shown = sceneOf(run, state.day);
    scene.hidden = !shown;
    if (!shown) return;
    const { scenes } = run.options;
    this.put(caption, markup`${shown.caption}`);
    const number = scenes.indexOf(shown) + 1;
    const ended = hasEnded(run, state.day);
    this.put(button, markup`${state.playing ? "Playing" : ended ? "Once more" : "Go on"} <small>${String(number)} of ${String(scenes.length)}</small>`);
    button.disabled = state.playing;
  }

  /** The words box speaks of the day after the one that is shown. */
  renderSay(run, state, lead) {
    const { say, tomorrow, question } = this.parts;
    say.hidden = !run.options.canFork;
    const next = state.day + 1;
    const over = next > run.days || (lead.leftOn !== null && next > lead.leftOn);
    const asked = over ? "The run is over." : `What does the participant say on day ${next}?`;
    this.put(question, markup`${asked}`);
    for (const element of [tomorrow, this.parts["say-truth"], this.parts["say-it"]]) element.disabled = over;
  }

  renderWhy(run, state, branches) {
    const { why, stage } = this.parts;
    why.hidden = !state.why;
    stage.classList.toggle("has-why", state.why);
    this.parts["why-button"].setAttribute("aria-pressed", String(state.why));
    if (!state.why) return;
    const held = why.contains(activeIn(this.frame)) ? activeIn(this.frame).dataset.why : undefined;
    if (this.put(why, drawWhy(run, branches, state)) && held !== undefined) why.querySelector(`[data-why="${held}"]`)?.focus();
  }

  renderTransport(run, state, lead) {
    const { parts } = this;
    const lived = dayOf(lead, state.day);
    const text = lived ? `Day ${state.day} of ${run.days}, ${lived.held ? "held back" : run.actions[lived.done].name}, ${stepsText(shownSteps(lead, state.day))}` : `day ${state.day} of ${run.days}`;
    for (const scrub of [parts.scrub, parts["phone-scrub"]]) {
      scrub.max = String(run.days);
      scrub.value = String(state.day);
      scrub.setAttribute("aria-valuetext", text);
    }
    parts["phone-day"].textContent = `day ${state.day} of ${run.days}`;
    this.put(parts.play, playFace({ playing: state.playing, ended: hasEnded(run, state.day), narrow: this.layout.narrow }));
    for (const radio of this.frame.querySelectorAll("[name=speed]")) radio.checked = Number(radio.value) === state.speed;
    parts["next-speed"].textContent = `${state.speed}/s`;
    parts["next-speed"].setAttribute("aria-label", `${state.speed} days a second; change`);
    parts["reveal-label"].textContent = state.revealed ? "Hide" : "Reveal";
    parts.reveal.setAttribute("aria-pressed", String(state.revealed));
    parts.back.disabled = parts.home.disabled = state.day <= 0;
    parts.on.disabled = parts.end.disabled = state.day >= run.end;
    const waiting = isWaiting(state, run) ? `Waiting for day ${state.day + 1}: the judge is still reading.` : "";
    if (parts.waiting.textContent !== waiting) parts.waiting.textContent = waiting;
  }

  renderHover(run, state, lead, branches) {
    const { hoverbar, tip, plot } = this.parts;
    const shown = state.hover > 0 && !state.why;
    hoverbar.hidden = tip.hidden = !shown;
    if (!shown) return;
    const { layout } = this;
    const x = layout.x(state.hover);
    hoverbar.style.width = `${layout.column}px`;
    hoverbar.style.transform = `translateX(${x - layout.column / 2}px)`;
    this.put(tip, hoverText(run, lead, branches, state.hover, state.revealed));
    const width = tip.offsetWidth;
    const right = x + layout.column + 4;
    tip.style.left = `${right + width > plot.clientWidth ? Math.max(0, x - layout.column - width) : right}px`;
  }
}

/** The element that has the focus, also inside a shadow root. @param {Element} element */
export function activeIn(element) {
  return /** @type {Document | ShadowRoot} */ (element.getRootNode()).activeElement;
}

function pictureLabel(run, state) {
  const lines = [run.line, ...(run.reference ? [run.reference] : [])].map((line) => `${line.name} ${whole(stepsUpTo(line, state.day))} steps`);
  return `Day ${state.day} of ${run.days}. ${lines.join(", ")}. Press D for a table of the days.`;
}
