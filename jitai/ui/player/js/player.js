import { answerNumber, hasEnded, numberOnItsWay, runTime } from "./answer.js";
import { closeButton, drawForkDialog, forkRequest, MAX_WORDS } from "./fork_dialog.js";
import { belongsToControl, commandOf, KEYS_TO_SHOW } from "./keys.js";
import { dayAt } from "./layout.js";
import { markup } from "./markup.js";
import { countHeldBack, dayOf, LaterVersion, readPayload } from "./model.js";
import { drawPaper, fillLegend } from "./paper.js";
import { activeIn, Screen } from "./screen.js";
import { initialState, leadLine, mayReveal, reduce, shownBranches } from "./state.js";
import { drawTable } from "./table.js";
import { themeFor } from "./theme.js";

/** Up to four branches are drawn; Python keeps the same limit. */
const MAX_BRANCHES = 4;
const TOAST_TIME = 5000;
const KEYS_TIME = 8000;

/**
 * Where players stood that have left the page, by the identity of their run: whoever comes back goes on there.
 * @type {Map<string, import("./types.js").State>}
 */
const resting = new Map();

/** One player: its state, its clock, and what the viewer does to it. */
export class Player {
  /** @param {ShadowRoot | HTMLElement} parent */
  constructor(parent) {
    this.frame = document.createElement("div");
    this.frame.className = "frame";
    this.frame.dataset.mode = "page";
    parent.append(this.frame);
    /** @type {(event: string, value: unknown) => void} */
    this.send = () => {};
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
   * @param {(event: string, value: unknown) => void} send
   * @returns {number} counts the calls, for `isLatest`
   */
  receive(payload, send) {
    this.send = send;
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
    this.screen.measure = null;
    this.restyle();
    this.setClock();
    const told = `${this.run.answered} ${this.run.notice}`;
    if (this.run.notice && told !== this.told) this.say(this.run.notice);
    this.told = told;
    const arrived = before ? this.run.branches.filter((branch) => !before.known.includes(branch.key)) : [];
    for (const branch of arrived) this.announce(`Branch ${branch.letter} has arrived: ${branch.name}.`);
  }

  fail(sentence) {
    clearInterval(this.clock);
    this.frame.replaceChildren(Object.assign(document.createElement("p"), { className: "failed", textContent: sentence }));
    this.screen = null;
  }

  start() {
    this.screen = new Screen(this.frame);
    this.parts = this.screen.parts;
    this.listen();
  }

  destroy() {
    if (this.state) resting.set(this.state.identity, { ...this.state, playing: false, presenting: false, hover: 0 });
    clearInterval(this.clock);
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
    const target = answerNumber(this.run, this.state.day);
    const from = this.shownNumber;
    this.shownNumber = target;
    const moves = onTheWay && from !== target && !document.hidden && !matchMedia("(prefers-reduced-motion: reduce)").matches;
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

  /* What the viewer does. */

  listen() {
    const { parts, frame } = this;
    const click = (name, action) => parts[name].addEventListener("click", action);
    const move = (by) => () => this.dispatch({ type: "step", by });
    click("play", () => this.dispatch({ type: "toggle play" }));
    click("home", () => this.dispatch({ type: "move", day: 0 }));
    click("back", move(-1));
    click("on", move(1));
    click("end", () => this.dispatch({ type: "move", day: this.run.end }));
    click("next-speed", () => this.dispatch({ type: "next speed" }));
    click("why-button", () => this.dispatch({ type: "toggle why" }));
    for (const name of ["reveal", "card-reveal", "hide"]) click(name, () => this.reveal());
    click("fork", () => this.openFork());
    click("open-table", () => this.openTable());
    click("present", () => this.present(!this.state.presenting));
    for (const name of ["scrub", "phone-scrub"]) {
      parts[name].addEventListener("input", () => this.dispatch({ type: "move", day: Number(parts[name].value) }));
    }
    for (const radio of frame.querySelectorAll("[name=speed]")) {
      radio.addEventListener("change", () => this.dispatch({ type: "speed", value: Number(radio.value) }));
    }
    parts.legend.addEventListener("click", (event) => this.legendClicked(event));
    parts.why.addEventListener("click", (event) => {
      const button = event.target.closest("[data-why]");
      if (button) this.dispatch({ type: "why of", letter: button.dataset.why });
    });
    for (const name of ["fork-dialog", "table-dialog"]) {
      parts[name].addEventListener("click", (event) => {
        if (event.target === parts[name] || event.target.closest("[data-close]")) parts[name].close();
      });
      parts[name].addEventListener("close", () => parts.player.focus({ preventScroll: true }));
    }
    this.listenToFork();
    this.listenToPointer();
    parts.player.addEventListener("keydown", (event) => this.keyPressed(event));
    parts.player.addEventListener("keyup", (event) => {
      if (event.key === " " && event.target === parts.play) event.preventDefault();
    });
    this.listenToWindow();
  }

  listenToPointer() {
    const { plot } = this.parts;
    const day = (event) => dayAt(this.screen.layout, event.clientX - plot.getBoundingClientRect().left, this.run.days);
    let dragging = false;
    plot.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      dragging = true;
      plot.setPointerCapture(event.pointerId);
      this.dispatch({ type: "hover", day: 0 });
      this.dispatch({ type: "move", day: day(event) });
    });
    plot.addEventListener("pointermove", (event) => {
      const under = day(event);
      if (dragging && under !== this.state.day) this.dispatch({ type: "move", day: under });
      else if (!dragging && event.pointerType === "mouse" && under !== this.state.hover) this.dispatch({ type: "hover", day: under });
    });
    for (const name of ["pointerup", "pointercancel"]) {
      plot.addEventListener(name, () => {
        dragging = false;
      });
    }
    plot.addEventListener("pointerleave", () => this.dispatch({ type: "hover", day: 0 }));
  }

  listenToWindow() {
    const on = (target, name, action) => {
      target.addEventListener(name, action);
      this.cleanUp.push(() => target.removeEventListener(name, action));
    };
    const resized = new ResizeObserver(() => {
      this.placeInWindow();
      this.screen.measure = null;
      this.render();
    });
    resized.observe(this.frame);
    resized.observe(this.parts.plot);
    this.cleanUp.push(() => resized.disconnect());
    on(window, "resize", () => {
      this.placeInWindow();
      this.screen.measure = null;
      this.render();
    });
    on(window, "beforeprint", () => this.fillPaper());
    on(window, "afterprint", () => this.parts.paper.replaceChildren());
    const print = matchMedia("print");
    on(print, "change", () => (print.matches ? this.fillPaper() : this.parts.paper.replaceChildren()));
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.restyle());
    this.placeInWindow();
  }

  /** How far the player stands below the top of the window, so that it fits what is left of it. */
  placeInWindow() {
    if (this.state?.presenting) return;
    let above = this.frame.getBoundingClientRect().top;
    for (let node = this.frame.getRootNode().host ?? this.frame.parentElement; node; node = node.parentElement) above += node.scrollTop;
    this.frame.style.setProperty("--above", `${Math.round(Math.max(0, Math.min(above, window.innerHeight / 3)))}px`);
  }

  keyPressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const command = commandOf(event);
    const typing = event.target.tagName === "INPUT" && event.target.type === "text";
    if (typing) event.stopPropagation();
    if (typing && event.key === "Enter" && event.target === this.parts.tomorrow) this.wordsForTomorrow();
    if (event.key === "Tab" && this.state.presenting) this.keepFocus(event);
    if (!command) return;
    event.stopPropagation();
    if (this.frame.querySelector("dialog[open]")) return;
    const target = { tagName: event.target.tagName, type: event.target.type, isPlay: event.target === this.parts.play };
    if (belongsToControl(target, command)) return;
    event.preventDefault();
    if (!event.repeat || command.startsWith("one") || command.startsWith("five")) this.obey(command);
  }

  obey(command) {
    if (command !== "keys") this.parts.keys.hidden = true;
    const actions = {
      play: () => this.dispatch({ type: "toggle play" }),
      "one on": () => this.dispatch({ type: "step", by: 1 }),
      "one back": () => this.dispatch({ type: "step", by: -1 }),
      "five on": () => this.dispatch({ type: "step", by: 5 }),
      "five back": () => this.dispatch({ type: "step", by: -5 }),
      start: () => this.dispatch({ type: "move", day: 0 }),
      end: () => this.dispatch({ type: "move", day: this.run.end }),
      why: () => this.dispatch({ type: "toggle why" }),
      reveal: () => this.reveal(),
      fork: () => this.openFork(),
      table: () => this.openTable(),
      present: () => this.present(!this.state.presenting),
      theme: () => this.switchTheme(),
      keys: () => this.showKeys(),
      escape: () => this.escape(),
    };
    actions[command]();
  }

  escape() {
    if (this.state.why) this.dispatch({ type: "toggle why" });
    else if (this.state.presenting) this.present(false);
  }

  switchTheme() {
    this.dispatch({ type: "theme", value: this.frame.dataset.theme === "dark" ? "light" : "dark" });
    this.restyle();
  }

  showKeys() {
    const { keys } = this.parts;
    this.screen.put(keys, markup`${KEYS_TO_SHOW.map(([key, meaning]) => markup`<span><kbd>${key}</kbd>${meaning}</span>`)}`);
    keys.hidden = false;
    clearTimeout(this.keysTimer);
    this.keysTimer = setTimeout(() => {
      keys.hidden = true;
    }, KEYS_TIME);
  }

  /** The player alone over the whole window, in the browser's top layer where there is one. */
  present(on) {
    const { frame } = this;
    frame.dataset.mode = on ? "presenter" : "page";
    if (frame.showPopover) {
      if (on) {
        frame.setAttribute("popover", "manual");
        frame.showPopover();
      } else if (frame.hasAttribute("popover")) {
        frame.hidePopover();
        frame.removeAttribute("popover");
      }
    }
    this.screen.measure = null;
    this.dispatch({ type: "present", on });
    this.parts.player.focus({ preventScroll: true });
    if (on && !this.keysShown && this.frame.clientWidth >= 600) {
      this.keysShown = true;
      this.showKeys();
    }
    if (!on) this.parts.keys.hidden = true;
  }

  /** In presenter mode the page behind is not to be reached. */
  keepFocus(event) {
    const all = [...this.frame.querySelectorAll("button, input, [tabindex]")].filter((element) => element.offsetParent !== null && !element.disabled);
    const [first, last] = [all[0], all[all.length - 1]];
    const next = event.shiftKey && activeIn(this.frame) === first ? last : !event.shiftKey && activeIn(this.frame) === last ? first : null;
    if (next && !this.frame.querySelector("dialog[open]")) {
      event.preventDefault();
      next.focus();
    }
  }

  reveal() {
    const { run, state } = this;
    if (!state.revealed && !mayReveal(run)) {
      this.send("reveal", { day: state.day });
      this.say(run.options.revealNote || "The truth of this run is not here yet.");
      return;
    }
    const focused = activeIn(this.frame);
    this.dispatch({ type: "toggle reveal" });
    if (focused === this.parts["card-reveal"] || focused === this.parts.hide) {
      (this.state.revealed ? this.parts.hide : this.parts["card-reveal"]).focus();
    }
    if (!this.state.revealed) return;
    const held = countHeldBack(leadLine(this.state, run), this.state.day, true);
    if (held.judged) this.announce(`${held.right} of ${held.judged} messages that were held back were held back rightly.`);
  }

  legendClicked(event) {
    const remove = event.target.closest("[data-remove]");
    const lead = event.target.closest("[data-lead]");
    if (remove) {
      const key = remove.dataset.remove;
      this.dispatch({ type: "remove", key });
      this.parts.player.focus({ preventScroll: true });
      this.send("remove", { key });
    } else if (lead) {
      this.dispatch({ type: "lead", key: lead.dataset.lead });
    }
  }

  openTable() {
    const { run, state } = this;
    this.dispatch({ type: "pause" });
    const dialog = this.parts["table-dialog"];
    const table = drawTable(run, leadLine(state, run), shownBranches(state, run), state);
    dialog.innerHTML = String(markup`<div class="row"><h3 id="table-title">The days so far</h3>${closeButton()}</div><div class="scroll" tabindex="0">${table}</div>`);
    dialog.showModal();
    dialog.querySelector(".scroll").focus();
  }

  /* Forks: the question goes to Python, the answer comes back as new data. */

  /** The line that a fork changes: the one that is followed, if somebody decides on it. */
  forkedLine() {
    const lead = leadLine(this.state, this.run);
    return lead === this.run.reference ? this.run.line : lead;
  }

  /** Why no branch can be made now, as a sentence; "" if one can. */
  whyNoFork() {
    if (!this.run.options.canFork) return "This run cannot be forked here. Open it in the lab to change a day.";
    if (shownBranches(this.state, this.run).length >= MAX_BRANCHES) return "Four branches are drawn already. Remove one first.";
    if (this.state.pending) return "The last change is still being lived. Wait for its branch.";
    return "";
  }

  openFork() {
    const day = this.state.day;
    if (day < 1) return this.say("Move to a day first, then fork it.");
    const reason = this.whyNoFork() || (dayOf(this.forkedLine(), day) ? "" : "The person had left by this day. Go back to an earlier one.");
    if (reason) return this.say(reason);
    this.dispatch({ type: "pause" });
    const dialog = this.parts["fork-dialog"];
    dialog.innerHTML = String(drawForkDialog(this.run, this.forkedLine(), day));
    dialog.showModal();
    dialog.querySelector("[name=action]:checked").focus();
    return undefined;
  }

  listenToFork() {
    const dialog = this.parts["fork-dialog"];
    dialog.addEventListener("input", (event) => {
      if (event.target.name === "words") dialog.querySelector("[value=other]").checked = true;
    });
    dialog.addEventListener("submit", (event) => {
      const request = forkRequest(this.run, this.forkedLine(), this.state.day, Object.fromEntries(new FormData(event.target)));
      if (request) return this.ask(request);
      event.preventDefault();
      dialog.querySelector(".fork-note").textContent = "Nothing is changed yet.";
      return undefined;
    });
  }

  wordsForTomorrow() {
    const { tomorrow } = this.parts;
    const day = this.state.day + 1;
    const words = tomorrow.value.trim().slice(0, MAX_WORDS);
    const reason = this.whyNoFork() || (day > this.run.days ? "The study has no day after this one." : "");
    if (reason) return this.say(reason);
    if (!words) return this.say("Type what the participant writes tomorrow, then press Enter.");
    tomorrow.value = "";
    this.parts.player.focus({ preventScroll: true });
    return this.ask({ identity: this.run.identity, line: this.forkedLine().key, day, action: null, words, can_walk: null });
  }

  ask(request) {
    const number = this.state.asked + 1;
    this.dispatch({ type: "asked", text: `day ${request.day} is lived again …`, number });
    this.send("fork", { ...request, number });
  }

  fillPaper() {
    const { run, state } = this;
    const branches = shownBranches(state, run);
    this.parts.paper.innerHTML = String(drawPaper(run, branches, leadLine(state, run), state));
    fillLegend(this.parts.paper, run, branches, run.end);
  }
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
