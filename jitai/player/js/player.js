import { answerNumber, hasEnded, numberOnItsWay, runTime } from "./answer.js";
import { listenToViewer } from "./listening.js";
import { LaterVersion, readPayload, whyUnchanged } from "./model.js";
import { drawPaper, fillLegend } from "./paper.js";
import { Screen } from "./screen.js";
import { initialState, leadLine, reduce, shownBranches } from "./state.js";
import { themeFor } from "./theme.js";

const TOAST_TIME = 5000;
/** Milliseconds after which the viewer counts as resting. */
const REST_TIME = 250;

/**
 * Where players stood that have left the page, by the identity of their run: whoever comes back goes on there.
 * @type {Map<string, import("./types.js").State>}
 */
const resting = new Map();

/** One player: its state, its clock, and how the two reach the screen. */
export class Player {
  /** @param {ShadowRoot | HTMLElement} parent */
  constructor(parent) {
    this.frame = document.createElement("div");
    this.frame.className = "frame";
    this.frame.dataset.mode = "page";
    parent.append(this.frame);
    /** @type {(event: string, value: unknown) => void} */
    this.send = () => {};
    /** @type {(name: string, value: unknown) => void} */
    this.tell = () => {};
    this.run = null;
    this.state = null;
    this.shownNumber = 0;
    this.keysShown = false;
    this.cleanUp = [];
    this.turn = 0;
  }

  /**
   * Take new data, or the same under another theme.
   * @param {any} payload
   * @param {(event: string, value: unknown) => void} send asks Python for something, once
   * @param {(name: string, value: unknown) => void} [tell] what stays true until it is told anew
   * @returns {number} counts the calls, for `isLatest`
   */
  receive(payload, send, tell = () => {}) {
    this.send = send;
    this.tell = tell;
    if (payload === this.payload) this.restyle();
    else this.take(payload);
    this.turn += 1;
    return this.turn;
  }

  isLatest(turn) {
    return turn === this.turn;
  }

  take(payload) {
    this.payload = payload;
    try {
      this.run = readPayload(payload);
    } catch (error) {
      if (!(error instanceof LaterVersion)) throw error;
      this.fail(error.message);
      return;
    }
    if (!this.screen) this.start();
    const before = this.state ?? resting.get(this.run.identity);
    this.state = before ? reduce(before, { type: "data" }, this.run) : initialState(this.run);
    if (!before && this.state.playing && wantsNoMotion()) this.state = reduce(this.state, { type: "move", day: this.run.end }, this.run);
    this.frame.dataset.mode = this.run.options.small ? "small" : this.state.presenting ? "presenter" : "page";
    this.frame.toggleAttribute("data-story", this.run.options.scenes.length > 0);
    this.parts.player.tabIndex = this.run.options.small ? -1 : 0;
    this.screen.measure = null;
    this.restyle();
    this.setClock();
    if (!before && this.run.options.scenes.length > 0) this.parts.player.focus({ preventScroll: true }); // a story goes on with Space
    const told = `${this.run.answered} ${this.run.notice}`;
    if (this.run.notice && told !== this.told) this.say(this.run.notice);
    this.told = told;
    const arrived = before ? this.run.branches.filter((branch) => !before.known.includes(branch.key)) : [];
    for (const branch of arrived) this.announce(`Branch ${branch.letter} has arrived: ${branch.name}.`);
    const unchanged = before?.pending && arrived.length ? whyUnchanged(arrived[arrived.length - 1], this.run.line) : "";
    if (unchanged) this.say(unchanged);
  }

  fail(sentence) {
    clearInterval(this.clock);
    for (const undo of this.cleanUp.splice(0)) undo();
    this.frame.replaceChildren(Object.assign(document.createElement("p"), { className: "failed", textContent: sentence }));
    this.screen = null;
  }

  start() {
    this.screen = new Screen(this.frame);
    this.parts = this.screen.parts;
    listenToViewer(this);
  }

  destroy() {
    if (this.state) resting.set(this.state.identity, { ...this.state, playing: false, presenting: false, hover: 0 });
    clearInterval(this.clock);
    clearTimeout(this.restTimer);
    cancelAnimationFrame(this.animation);
    for (const undo of this.cleanUp) undo();
    this.frame.remove();
  }

  /** Change the state and draw it. @param {{type: string, [name: string]: any}} event */
  dispatch(event) {
    const before = this.state;
    this.state = reduce(before, event, this.run);
    if (this.state === before) return;
    if (this.state.playing !== before.playing || this.state.speed !== before.speed) this.setClock();
    if (event.type === "hover") {
      this.screen.renderHover(this.run, this.state, leadLine(this.state, this.run), shownBranches(this.state, this.run));
    } else {
      this.render(before.day !== this.state.day && this.state.playing);
    }
    if (before.playing && !this.state.playing && hasEnded(this.run, this.state.day)) this.announce(this.parts.answer.textContent);
  }

  render(onTheWay = false) {
    cancelAnimationFrame(this.animation);
    if (!this.frame.isConnected) return; // the page has gone on, and nothing has a size any more
    this.tellWhereItRests();
    const target = answerNumber(this.run, this.state.day, leadLine(this.state, this.run));
    const from = this.shownNumber;
    this.shownNumber = target;
    const moves = onTheWay && from !== target && !document.hidden && !wantsNoMotion();
    this.screen.render(this.run, this.state, moves ? from : target);
    if (!moves) return;
    const started = performance.now();
    const frame = (now) => {
      const share = (now - started) / runTime(this.state.speed);
      this.shownNumber = numberOnItsWay(from, target, share);
      this.screen.renderAnswer(this.run, this.state, this.shownNumber);
      if (share < 1) this.animation = requestAnimationFrame(frame);
    };
    this.animation = requestAnimationFrame(frame);
  }

  /** Tell Python where the viewer rests, if it asks for it: a moment after the last move, and only what is new. */
  tellWhereItRests() {
    clearTimeout(this.restTimer);
    const { run, state } = this;
    if (!run.options.tellsViewer || state.playing) return;
    const viewer = { identity: run.identity, day: state.day, line: state.lead, revealed: state.revealed };
    const text = JSON.stringify(viewer);
    if (text === this.toldViewer) return;
    this.restTimer = setTimeout(() => {
      this.toldViewer = text;
      this.tell("viewer", viewer);
    }, REST_TIME);
  }

  setClock() {
    clearInterval(this.clock);
    if (this.state.playing) this.clock = setInterval(() => this.dispatch({ type: "tick" }), 1000 / this.state.speed);
  }

  /** Colours follow the page, unless the viewer has chosen; sizes are read again. */
  restyle() {
    if (!this.screen) return;
    const { frame } = this;
    const chosen = this.state.theme;
    if (chosen) frame.dataset.own = chosen;
    else delete frame.dataset.own;
    const page = getComputedStyle(frame).getPropertyValue("--st-background-color").trim();
    if (!chosen && !page) {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      frame.dataset.own = dark ? "dark" : "light";
    }
    frame.dataset.theme = frame.dataset.own ?? themeFor(resolvedColour(frame, page));
    this.screen.measure = null;
    this.render();
  }

  announce(sentence) {
    this.parts.live.textContent = sentence;
  }

  /** A sentence that goes away by itself. */
  say(sentence) {
    const { toast } = this.parts;
    toast.textContent = sentence;
    toast.hidden = false;
    try {
      toast.showPopover();
    } catch {
      // A browser without popovers shows it where it stands.
    }
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => {
      toast.hidden = true;
    }, TOAST_TIME);
  }

  fillPaper() {
    const { run, state } = this;
    const branches = shownBranches(state, run);
    this.parts.paper.innerHTML = String(drawPaper(run, branches, leadLine(state, run), state));
    fillLegend(this.parts.paper, run, branches, run.end);
  }
}

function wantsNoMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** A colour as the browser resolves it, for themes that name it otherwise. */
function resolvedColour(frame, colour) {
  const probe = document.createElement("span");
  probe.style.color = colour;
  frame.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}
