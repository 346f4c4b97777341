import { markup } from "../../player/js/markup.js";
import { mounting } from "../../player/js/mount.js";
import { themeFor } from "../../player/js/theme.js";
import { announcement, drawDayCard, drawEndCard, drawHead, totalOf } from "./game_cards.js";
import { drawGame, sums } from "./game_chart.js";

/** The game in the browser: it shows what Python has lived, and asks Python for the next day. */

const SKELETON = `<div class="player game" tabindex="0" data-part="root" role="region" aria-label="Decide"><div class="hero"><p class="eye" data-part="eye"></p><h1 class="head" data-part="head" tabindex="-1"></h1><div class="sub" data-part="sub"></div></div><div class="game-stage"><svg data-part="picture" role="img"></svg></div><aside class="card" data-part="card"></aside><div class="transport" data-part="transport" role="toolbar" aria-label="Game"></div><p class="sr" data-part="live" aria-live="polite"></p></div>`;
const KEPT = 20;
/** Where this browser keeps nothing, the list lasts as long as the page. */
const fallback = new Map();

class GameView {
  constructor(parent) {
    this.frame = Object.assign(document.createElement("div"), { className: "frame" });
    this.frame.innerHTML = SKELETON;
    parent.append(this.frame);
    this.parts = {};
    for (const element of this.frame.querySelectorAll("[data-part]")) this.parts[element.dataset.part] = element;
    this.drawn = new WeakMap();
    this.turn = 0;
    this.number = 0;
    this.mine = 0;
    this.frame.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]");
      const ask = event.target.closest("[data-ask]");
      if (act) this.ask("act", Number(act.dataset.act));
      else if (ask) this.ask(ask.dataset.ask);
    });
    this.frame.addEventListener("keydown", (event) => this.pressed(event));
    this.resized = new ResizeObserver(() => this.game && this.render());
    this.resized.observe(this.frame);
  }

  receive(game, send) {
    const first = !this.game;
    const another = first || game.identity !== this.game.identity;
    const news = another || game.answered !== this.game.answered;
    this.send = send;
    this.game = game;
    this.number = Math.max(this.number, game.answered);
    this.busy = this.number > game.answered;
    if (game.end && news) this.keep();
    this.frame.dataset.theme = themeFor(getComputedStyle(this.parts.root).getPropertyValue("background-color"));
    this.render();
    if (news && !first) this.parts.live.textContent = announcement(game);
    if (another) this.parts.root.focus({ preventScroll: true }); // so that keys work at once, also after a change of role
    this.turn += 1;
    return this.turn;
  }

  isLatest(turn) {
    return turn === this.turn;
  }

  destroy() {
    this.resized.disconnect();
    this.frame.remove();
  }

  /** Ask Python for a day, for five of the policy's, or for another person. */
  ask(what, action = null) {
    if (this.busy || (this.game.end && what !== "new") || (this.game.role === "clinician" && what === "five")) return;
    this.number += 1;
    this.busy = true;
    this.parts.root.classList.add("busy");
    this.send({ number: this.number, identity: this.game.identity, what, action });
    if (!this.parts.root.contains(this.frame.getRootNode().activeElement)) this.parts.root.focus({ preventScroll: true });
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    const clinician = this.game.role === "clinician";
    let action = null;
    if (!clinician && /^[1-4]$/.test(key)) action = () => this.ask("act", Number(key) - 1);
    else if (clinician && key === "s" && this.game.today) action = () => this.ask("act", this.game.today.proposed);
    else if (clinician && key === "h") action = () => this.ask("act", 0);
    else if (!clinician && key === "5") action = () => this.ask("five");
    else if (key === "0") action = () => this.ask("new");
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  put(name, content) {
    const element = this.parts[name];
    const text = String(content);
    if (this.drawn.get(element) === text) return;
    this.drawn.set(element, text);
    element.innerHTML = text;
  }

  render() {
    const { game, parts } = this;
    const held = parts.card.contains(this.frame.getRootNode().activeElement);
    parts.root.className = `player game ${game.end ? "end" : "live"}${this.busy ? " busy" : ""}`;
    const { eye, head, sub } = drawHead(game);
    this.put("eye", markup`${eye}`);
    this.put("head", markup`${head}`);
    this.put("sub", sub);
    this.put("card", game.end ? drawEndCard(game, this.best(), this.mine) : drawDayCard(game));
    this.put("transport", markup`${game.role === "policy" && !game.end && markup`<button class="btn" data-ask="five">Let the policy do five days <kbd>5</kbd></button>`}<button class="btn${game.end ? " main" : ""}" data-ask="new">Another person <kbd>0</kbd></button>${game.notice && markup`<span class="muted small">${game.notice}</span>`}`);
    if (held) parts.root.focus({ preventScroll: true });
    const box = parts.picture.parentElement;
    const [width, height] = [box.clientWidth, box.clientHeight];
    if (!width || !height) return;
    const style = getComputedStyle(parts.root);
    const pixels = (name) => parseFloat(style.getPropertyValue(name));
    parts.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    parts.picture.setAttribute("aria-label", announcement(game));
    this.put("picture", drawGame(game, { width, height, font: pixels("--f1"), gutter: pixels("--gutter"), scale: pixels("--scale") }));
  }

  place() {
    return `jitai-best-${this.game.role}-${this.game.kind}`;
  }

  best() {
    try {
      return JSON.parse(localStorage.getItem(this.place())) ?? [];
    } catch {
      return fallback.get(this.place()) ?? [];
    }
  }

  /** Keep this game in the best list of this browser: by its share of the best possible, as every seed differs. */
  keep() {
    const { game } = this;
    const top = sums(game.end.lines.find((line) => line.key === "best").steps).pop() || 1;
    const total = totalOf(game);
    const known = this.best().find((entry) => entry.seed === game.seed && entry.steps === Math.round(total));
    if (known) {
      this.mine = known.id;
      return;
    }
    this.mine = Date.now();
    const entry = { id: this.mine, seed: game.seed, share: Math.round((100 * total) / top), steps: Math.round(total), left: game.end.left, policy: game.role === "policy" ? game.lived.filter((day) => day.by_policy).length : 0 };
    const list = [...this.best(), entry].sort((one, two) => two.share - one.share).slice(0, KEPT);
    fallback.set(this.place(), list);
    try {
      localStorage.setItem(this.place(), JSON.stringify(list));
    } catch {
      // a private window keeps it for this visit
    }
  }
}

/** What Streamlit calls with a game. */
export const mountGame = mounting(GameView, (game, { data, setTriggerValue }) => game.receive(data, (value) => setTriggerValue("ask", value)));
