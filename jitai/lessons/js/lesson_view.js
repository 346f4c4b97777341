import { whole } from "../../player/js/format.js";
import { markup } from "../../player/js/markup.js";
import { themeFor } from "../../player/js/theme.js";
import { drawGain, gainLayout, shownGain } from "./gain_chart.js";
import { drawCard, knobText, nearestIndex, predictionText } from "./lesson_cards.js";
import { choicePanels, drawChoice, drawNumber, drawSee, drawTake, drawTries, drawWhySplits } from "./lesson_free.js";
import { clockText, drawNotes, minutesText } from "./lesson_notes.js";
import { addressOf, copyLink, enlarge, newCode, openNotes, saveAnswers } from "./lesson_outside.js";
import { drawLessonPaper } from "./lesson_paper.js";
import { BEAT, initialLesson, isPending, phaseOf, reduceLesson, shownDay, stepOf } from "./lesson_state.js";
import { drawHeadWords } from "./lesson_words.js";
import { drawDays, drawTracks } from "./tracks.js";
import { stepName } from "./words.js";

/** Lessons that have left the page, by identity: whoever comes back goes on there. */
const left = new Map();

const SKELETON = `<div class="player lesson" tabindex="0" data-part="root" role="region" aria-label="Lesson">
<nav class="progress" data-part="progress" aria-label="Steps of the lesson"></nav>
<div class="hero"><p class="eye" data-part="eye"></p><h1 class="head" data-part="head" tabindex="-1"></h1><p class="sub" data-part="sub"></p></div>
<div class="lesson-stage" data-part="stage"></div>
<aside class="card" data-part="card"></aside>
<div class="transport" data-part="transport" role="toolbar" aria-label="Move through the lesson"></div>
<section class="notes" data-part="notes" aria-label="Teacher’s notes" hidden></section>
<p class="sr" data-part="live" aria-live="polite"></p></div><div class="paper" data-part="paper"></div>`;

const TRACKS = `<div class="gain-box" data-part="gain-box"><svg data-part="gain" role="img"></svg></div><div class="tracks-box"><svg data-part="tracks" aria-hidden="true"></svg></div><div class="days-box"><svg data-part="days" aria-hidden="true"></svg></div>`;
/** On it, a lesson's window and that of its notes tell each other where they are. */
const CHANNEL = "jitai-lesson";
const ONE = `<div class="one-box"><svg data-part="one" role="img"></svg></div>`;

/** One lesson on a page: state, clock, and what reaches the screen. */
export class LessonView {
  /** @param {ShadowRoot | HTMLElement} parent */
  constructor(parent) {
    this.frame = Object.assign(document.createElement("div"), { className: "frame" });
    this.frame.innerHTML = SKELETON;
    parent.append(this.frame);
    this.drawn = new WeakMap();
    this.undo = [];
    this.turn = 0;
    this.large = false;
    this.started = Date.now();
    this.findParts();
    this.listen();
  }

  findParts() {
    this.parts = {};
    for (const element of this.frame.querySelectorAll("[data-part]")) this.parts[element.dataset.part] = element;
  }

  /** Take data, or the same under another theme. @returns {number} counts the calls */
  receive(data) {
    if (!this.data || this.data.identity !== data.identity) {
      const asked = addressOf();
      const mine = asked.lesson === data.lesson.id;
      const kept = left.get(data.identity);
      const start = { step: mine ? asked.step : 1, code: newCode(), free: mine && asked.notes };
      this.state = kept ? reduceLesson(kept, { type: "go", step: mine ? asked.step : kept.step }, data) : initialLesson(data, start);
      this.onlyNotes = mine && asked.notes;
      this.student = asked.student;
      this.shape = "";
      this.data = data;
      this.write(true);
      this.restyle();
      this.parts.root.focus({ preventScroll: true });
    } else {
      this.data = data;
      this.restyle();
    }
    this.turn += 1;
    return this.turn;
  }

  isLatest(turn) {
    return turn === this.turn;
  }

  destroy() {
    this.channel?.close();
    if (this.state && !this.onlyNotes) left.set(this.state.identity, { ...this.state, playing: false });
    clearInterval(this.clock);
    clearInterval(this.noteClock);
    for (const undo of this.undo) undo();
    this.frame.remove();
  }

  restyle() {
    this.frame.dataset.theme = themeFor(getComputedStyle(this.parts.root).getPropertyValue("background-color"));
    this.render();
  }

  put(name, content) {
    const element = this.parts[name];
    const text = String(content);
    if (!element || this.drawn.get(element) === text) return;
    this.drawn.set(element, text);
    element.innerHTML = text;
  }

  dispatch(event) {
    const before = this.state;
    this.state = reduceLesson(before, event, this.data);
    if (this.state === before) return;
    if (this.state.step !== before.step) {
      this.write(false);
      this.tell();
      if (this.frame.clientWidth < 960) this.parts.root.scrollIntoView({ block: "start" });
    }
    if (this.state.playing !== before.playing) this.setClock();
    this.render();
    const { person } = stepOf(this.data, this.state);
    if (!isPending(this.data, before, person) && isPending(this.data, this.state, person)) this.parts.live.textContent = `Day ${this.state.day[person]} decides. Send, or hold back?`;
    if (this.state.step !== before.step) this.parts.head.focus({ preventScroll: true });
  }

  setClock() {
    clearInterval(this.clock);
    if (this.state.playing) this.clock = setInterval(() => this.dispatch({ type: "day" }), BEAT);
  }

  /** The step goes into the address, so that Back works and a step has a link. */
  write(replace) {
    const address = new URL(window.location.href);
    if (address.searchParams.get("step") === String(this.state.step) && address.searchParams.get("lesson") === this.data.lesson.id) return;
    address.searchParams.set("lesson", this.data.lesson.id);
    address.searchParams.set("step", String(this.state.step));
    window.history[replace ? "replaceState" : "pushState"](window.history.state, "", address);
  }

  /** What the main button does now, and what it says. */
  main() {
    const { data, state } = this;
    const step = stepOf(data, state);
    const phase = phaseOf(data, state);
    const next = () => this.dispatch({ type: "go", step: state.step + 1 });
    if (phase === "predict" && !state.locked[step.person]) {
      if (!state.touched[step.person]) return { label: { range: "Move an end first", number: "Move the slider first", curve: "Move a point first", choice: "Choose first" }[data.people[step.person].prediction.kind], action: null };
      return { label: "Lock it in", action: () => (this.dispatch({ type: "lock" }), step.kind === "predict" && next()) };
    }
    if (phase === "watch" && state.day[step.person] < data.people[step.person].days) {
      if (isPending(data, state, step.person)) return { label: "Choose first", action: null };
      if (state.playing) return { label: "Pause", action: () => this.dispatch({ type: "play", on: false }) };
      return { label: state.day[step.person] ? "Go on" : "Play", action: () => this.play() };
    }
    if (state.step === data.steps.length) return { label: "To the start", action: () => this.dispatch({ type: "go", step: 1 }) };
    return { label: stepName(data.steps[state.step]), action: next };
  }

  play() {
    const { person } = stepOf(this.data, this.state);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      do this.dispatch({ type: "day" });
      while (this.state.day[person] < this.data.people[person].days && !isPending(this.data, this.state, person));
      return;
    }
    this.dispatch({ type: "play", on: true });
    this.dispatch({ type: "day" });
  }

  render() {
    if (this.onlyNotes) {
      this.renderNotes();
      return;
    }
    const { data, state } = this;
    const step = stepOf(data, state);
    const phase = phaseOf(data, state);
    const person = data.people[step.person];
    this.parts.root.classList.toggle("free", ["choice", "see", "why", "take"].includes(step.kind) || (phase === "predict" && person.prediction?.kind === "choice"));
    this.parts.root.classList.toggle("asks", phase === "predict");
    this.renderProgress();
    this.renderHead(step, phase, person);
    this.renderStage(step, phase, person);
    this.put("card", drawCard(data, state));
    this.sync(step, phase, person);
    this.renderTransport(phase, step, person);
  }

  /** The window of notes has nothing else. */
  renderNotes() {
    this.parts.root.classList.add("only-notes");
    this.parts.notes.hidden = false;
    const draw = () => this.put("notes", drawNotes(this.data, this.state, { started: this.started, here: window.location.href }));
    draw();
    clearInterval(this.noteClock);
    // The clock alone is written each second, so that a link can be marked and copied.
    this.noteClock = setInterval(() => {
      const old = this.parts.notes.querySelector(".clock b");
      if (old) old.textContent = clockText((Date.now() - this.started) / 60000);
    }, 1000);
  }

  renderProgress() {
    const { steps } = this.data;
    const { step: at, reached } = this.state;
    this.put(
      "progress",
      markup`${steps.map((step, index) => {
        const number = index + 1;
        return markup`<button style="--m:${Math.max(0.85, step.minutes)}" data-step="${String(number)}" class="${number < at ? "past" : ""}" ${number === at ? markup`aria-current="step"` : null} ${number > reached ? markup`disabled` : null} aria-label="${`Step ${number} of ${steps.length}: ${stepName(step)}, ${minutesText(step.minutes)}`}">${stepName(step)}</button>`;
      })}<output>Step ${String(at)} of ${String(steps.length)}: ${stepName(steps[at - 1])}</output>`,
    );
  }

  renderHead(step, phase, person) {
    const { eye, head, sub } = drawHeadWords(this.data, this.state, step, phase, person);
    this.put("eye", markup`${eye}`);
    this.put("head", markup`${head}`);
    this.put("sub", markup`${sub}`);
  }

  renderStage(step, phase, person) {
    const kind = person.prediction?.kind;
    const tracks = ["watch", "reveal"].includes(phase) || (phase === "predict" && ["range", "curve"].includes(kind));
    const one = step.kind === "try" || (phase === "predict" && kind === "number");
    const shape = `${this.state.step} ${tracks ? "tracks" : one ? "one" : "free"}`;
    if (shape !== this.shape) {
      this.shape = shape;
      this.drawn.delete(this.parts.stage);
      this.parts.stage.innerHTML = tracks ? TRACKS : one ? ONE : "";
      this.findParts();
      this.drawn.delete(this.parts.card);
    }
    if (tracks) this.drawTracks(phase, person, step);
    else if (one) this.drawOne(step, person);
    else this.put("stage", this.free(step, phase, person));
  }

  free(step, phase, person) {
    const { data, state } = this;
    if (phase === "predict") return choicePanels(person.prediction.options, state.answer[step.person], 0, "", state.locked[step.person]);
    if (step.kind === "choice") return drawChoice(step, state.chosen[state.step] ?? 0);
    if (step.kind === "see") return drawSee(data, step, { rule: Math.max(240, this.parts.stage.clientWidth / 2 - 60), font: this.sizes().font });
    if (step.kind === "why") return drawWhySplits(data, step);
    return drawTake(step);
  }

  sizes() {
    const style = getComputedStyle(this.parts.root);
    const pixels = (name) => parseFloat(style.getPropertyValue(name));
    const font = pixels("--f1");
    return { font, gutter: pixels("--gutter"), scale: pixels("--scale"), zone: this.frame.clientWidth < 600 ? 62 : font * 8.4 };
  }

  drawTracks(phase, person, step) {
    const { gain, tracks, days } = this.parts;
    const size = (svg) => ({ width: svg.parentElement.clientWidth, height: svg.parentElement.clientHeight });
    const { width, height } = size(gain);
    if (!width || !height) return;
    const sizes = this.sizes();
    const key = step.person;
    const layout = gainLayout(person, { ...sizes, width, height });
    this.layout = layout;
    const day = phase === "predict" ? 0 : phase === "reveal" ? person.days : shownDay(this.data, this.state, key);
    const revealed = phase === "reveal";
    const open = phase === "predict" && !this.state.locked[key];
    const pending = isPending(this.data, this.state, key) && phase === "watch" ? this.state.day[key] : 0;
    const view = { ...sizes, layout, day, cursor: pending || (revealed ? 0 : day), answer: this.state.answer[key], shows: Boolean(person.prediction) && (phase === "predict" || this.state.locked[key]), open, revealed };
    this.fill("gain", width, height, drawGain(person, view));
    gain.setAttribute("aria-label", `Difference between the two runs. ${day ? `Day ${day}: ${whole(shownGain(person, day))} steps.` : ""}`);
    const below = size(tracks);
    this.fill("tracks", below.width, below.height, drawTracks(person, { ...sizes, layout, height: below.height, day, pending, revealed }));
    const axis = size(days);
    this.fill("days", axis.width, axis.height, drawDays(person, { ...sizes, layout, stops: phase === "predict" ? [] : person.stops.map((stop) => stop.day) }));
    this.parts["gain-box"].classList.toggle("drag", open);
  }

  fill(name, width, height, content) {
    this.parts[name].setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.put(name, content);
  }

  drawOne(step, person) {
    const svg = this.parts.one;
    const [width, height] = [svg.parentElement.clientWidth, svg.parentElement.clientHeight];
    if (!width || !height) return;
    const sizes = { ...this.sizes(), width, height };
    const content = step.kind === "try" ? drawTries(this.data, step, this.state.knob[this.state.step] ?? nearestIndex(step), sizes) : drawNumber(person, this.state.answer[step.person], false, sizes);
    this.fill("one", width, height, content);
  }

  /** Write the values of sliders, which are not drawn anew while somebody drags them. */
  sync(step, phase, person) {
    const value = (name, index, text) => {
      const input = this.frame.querySelector(`[data-slider="${name}"]`);
      const output = this.frame.querySelector(`[data-value="${name}"]`);
      if (input) input.value = String(index);
      if (input) input.setAttribute("aria-valuetext", text);
      if (output) output.textContent = text;
    };
    if (step.kind === "try") {
      const index = this.state.knob[this.state.step] ?? nearestIndex(step);
      value("knob", index, knobText(step, index));
    }
    const asked = person.prediction;
    if (phase !== "predict" || !asked || asked.kind === "choice") return;
    const answer = this.state.answer[step.person];
    const text = (index) => whole(asked.values[index]);
    if (asked.kind === "range") ["low", "high"].forEach((name, end) => value(name, answer[end], text(answer[end])));
    else if (asked.kind === "number") value("number", answer, text(answer));
    else answer.forEach((index, knot) => value(`day-${knot}`, index, text(index)));
    const said = this.frame.querySelector("[data-part=said-range]");
    if (said) said.textContent = predictionText(person, answer, this.state.locked[step.person]);
  }

  renderTransport(phase, step, person) {
    const { label, action } = this.main();
    const day = phase === "watch" && this.state.day[step.person] < person.days;
    const teacher = !this.student && markup`<a class="btn quiet-link" href="class?lesson=${this.data.lesson.id}" target="_blank" rel="noopener">Class <kbd>K</kbd></a><button class="btn quiet-notes" data-do="notes">Teacher’s notes <kbd>N</kbd></button>`;
    this.put(
      "transport",
      markup`<button class="btn main" data-do="main" ${action ? null : markup`disabled`}>${label} <kbd>Enter</kbd></button><button class="btn" data-do="back" ${this.state.step === 1 ? markup`disabled` : null}>Back <kbd>B</kbd></button>${day && markup`<button class="btn" data-do="day" ${action ? null : markup`disabled`}>One day <kbd>→</kbd></button>`}<span class="space"></span>${teacher}<button class="btn" data-do="large" aria-pressed="${String(this.large)}">Large <kbd>P</kbd></button>`,
    );
  }

  listen() {
    const on = (target, name, action) => {
      target.addEventListener(name, action);
      this.undo.push(() => target.removeEventListener(name, action));
    };
    on(this.frame, "click", (event) => this.clicked(event));
    on(this.frame, "input", (event) => this.moved(event.target));
    on(this.frame, "keydown", (event) => this.pressed(event));
    on(window, "popstate", () => {
      const asked = addressOf();
      if (this.data && asked.lesson === this.data.lesson.id) this.dispatch({ type: "go", step: asked.step });
    });
    on(window, "beforeprint", () => this.fillPaper());
    on(window, "afterprint", () => this.parts.paper.replaceChildren());
    const print = matchMedia("print");
    on(print, "change", () => (print.matches ? this.fillPaper() : this.parts.paper.replaceChildren()));
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.onmessage = ({ data: told }) => this.told(told);
    const resized = new ResizeObserver(() => this.data && this.render());
    resized.observe(this.frame);
    this.undo.push(() => resized.disconnect());
    this.listenToDrag();
  }

  /** Tell the other window where this one is. */
  tell() {
    this.channel.postMessage({ lesson: this.data.lesson.id, step: this.state.step, fromNotes: Boolean(this.onlyNotes) });
  }

  /** Follow the other window: notes follow the lesson, the lesson follows its notes as far as it may. */
  told({ lesson, step, fromNotes }) {
    if (!this.data || lesson !== this.data.lesson.id || fromNotes === Boolean(this.onlyNotes) || this.student) return;
    this.dispatch({ type: "go", step });
    if (fromNotes && this.state.step !== step) this.tell();
  }

  fillPaper() {
    if (this.data && !this.onlyNotes) this.parts.paper.innerHTML = String(drawLessonPaper(this.data, this.state));
  }

  /** Ends of a range and points of a curve can be dragged in the picture. */
  listenToDrag() {
    let grip = null;
    const valueAt = (event) => {
      const { values } = this.asked();
      const wanted = this.layout.value(event.clientY - this.parts["gain-box"].getBoundingClientRect().top);
      return values.reduce((best, value, index) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? index : best), 0);
    };
    this.frame.addEventListener("pointerdown", (event) => {
      const box = event.target.closest?.(".gain-box.drag");
      if (!box || event.button) return;
      const answer = this.state.answer[this.person()];
      const index = valueAt(event);
      const at = event.clientX - box.getBoundingClientRect().left;
      const { days } = this.asked();
      const distance = (end) => (days ? Math.abs(this.layout.x(days[end]) - at) : Math.abs(answer[end] - index));
      grip = answer.reduce((best, _, end) => (distance(end) < distance(best) ? end : best), 0);
      box.setPointerCapture(event.pointerId);
      this.setEnd(grip, index);
    });
    this.frame.addEventListener("pointermove", (event) => grip !== null && this.setEnd(grip, valueAt(event)));
    for (const name of ["pointerup", "pointercancel"]) this.frame.addEventListener(name, () => (grip = null));
  }

  person() {
    return stepOf(this.data, this.state).person;
  }

  asked() {
    return this.data.people[this.person()].prediction;
  }

  setEnd(end, index) {
    const answer = [...this.state.answer[this.person()]];
    answer[end] = index;
    if (this.asked().kind === "range") {
      if (end === 0) answer[0] = Math.min(index, answer[1] - 1);
      else answer[1] = Math.max(index, answer[0] + 1);
    }
    this.dispatch({ type: "answer", value: answer });
  }

  moved(target) {
    const name = target.dataset?.slider;
    if (!name) return;
    const index = Number(target.value);
    if (name === "knob") this.dispatch({ type: "knob", index });
    else if (name === "number") this.dispatch({ type: "answer", value: index });
    else this.setEnd(name === "low" ? 0 : name === "high" ? 1 : Number(name.slice(4)), index);
  }

  clicked(event) {
    const button = event.target.closest("[data-step], [data-option], [data-say], [data-do]");
    if (!button) return;
    const { step, option, say } = button.dataset;
    if (step) this.dispatch({ type: "go", step: Number(step) });
    else if (option) this.pick(Number(option));
    else if (say) this.dispatch({ type: "say", what: say });
    else this.command(button.dataset.do);
  }

  pick(option) {
    const step = stepOf(this.data, this.state);
    const phase = phaseOf(this.data, this.state);
    if (phase === "watch" && option <= 2) this.dispatch({ type: "say", what: option === 1 ? "send" : "hold" });
    const number = phase === "predict" ? this.asked()?.kind === "choice" && this.asked().options.length : step.kind === "choice" && (step.days ?? step.options).length;
    if (!number || option > number) return;
    this.dispatch(phase === "predict" ? { type: "answer", value: option } : { type: "choose", option });
  }

  command(name) {
    if (name === "main") this.main().action?.();
    else if (name === "back") this.dispatch({ type: "go", step: this.state.step - 1 });
    else if (name === "day") {
      this.dispatch({ type: "play", on: false });
      if (phaseOf(this.data, this.state) === "watch") this.dispatch({ type: "day" });
    } else if (name === "notes" && !this.student) openNotes(this);
    else if (name === "large") enlarge(this, !this.large);
    else if (name === "copy") copyLink(this);
    else if (name === "clock") this.started = Date.now();
    else if (name === "next") this.dispatch({ type: "go", step: this.state.step + 1 });
    else if (name === "save") saveAnswers(this);
    else if (name === "fresh") this.dispatch({ type: "fresh" });
    else if (name === "class") this.frame.querySelector(".quiet-link")?.click();
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const focused = event.composedPath()[0];
    const typing = focused.tagName === "INPUT" && focused.type === "text";
    if (typing) {
      event.stopPropagation();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const onControl = ["BUTTON", "A"].includes(focused.tagName);
    if ((key === "Enter" || key === " ") && (onControl || event.repeat)) return;
    if (key === "ArrowRight" && focused.type === "range") return;
    const actions = {
      Enter: () => this.command("main"),
      " ": () => this.command("main"),
      b: () => this.command("back"),
      ArrowRight: () => this.command("day"),
      n: () => this.command("notes"),
      k: () => this.command("class"),
      s: () => this.dispatch({ type: "say", what: "send" }),
      h: () => this.dispatch({ type: "say", what: "hold" }),
      p: () => this.command("large"),
      Escape: () => this.large && enlarge(this, false),
    };
    const action = actions[key] ?? (/^[1-6]$/.test(key) ? () => this.pick(Number(key)) : null);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
    if (this.frame.getRootNode().activeElement === null) this.parts.root.focus({ preventScroll: true });
  }

}
