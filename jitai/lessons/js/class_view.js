import { whole } from "../../player/js/format.js";
import { markup } from "../../player/js/markup.js";
import { themeFor } from "../../player/js/theme.js";
import { ticksOf } from "./gain_chart.js";

/** A class against the truth: headline, one row for each answer, and the numbers beside them. */

/** Width of the picture on paper. */
const PAPER = { width: 700, font: 12 };

export class ClassView {
  /** @param {ShadowRoot | HTMLElement} parent */
  constructor(parent) {
    this.frame = Object.assign(document.createElement("div"), { className: "frame" });
    this.frame.innerHTML = `<div class="player class" data-part="root"></div>`;
    this.root = this.frame.firstElementChild;
    parent.append(this.frame);
    this.turn = 0;
    this.resized = new ResizeObserver(() => this.data && this.render());
    this.resized.observe(this.frame);
    this.print = matchMedia("print");
    this.printed = () => this.data && this.render(this.print.matches);
    this.print.addEventListener("change", this.printed);
  }

  receive(data) {
    this.data = data;
    this.frame.dataset.theme = themeFor(getComputedStyle(this.root).getPropertyValue("background-color"));
    this.render();
    this.turn += 1;
    return this.turn;
  }

  isLatest(turn) {
    return turn === this.turn;
  }

  destroy() {
    this.resized.disconnect();
    this.print.removeEventListener("change", this.printed);
    this.frame.remove();
  }

  render(onPaper = false) {
    const font = parseFloat(getComputedStyle(this.root).getPropertyValue("--f1"));
    const beside = this.frame.clientWidth >= 960 ? parseFloat(getComputedStyle(this.root).getPropertyValue("--card")) + font * 2 : 0;
    const text = String(drawClass(this.data, onPaper ? PAPER : { width: this.frame.clientWidth - beside, font }));
    if (text === this.text) return;
    this.text = text;
    this.root.innerHTML = text;
  }
}

/** @param {any} data see class_payload @param {{width: number, font: number}} size of the picture */
export function drawClass(data, size) {
  const picture = data.choice ? markup`<div class="votes">${votes(data.choice)}</div>` : drawRows(data, size);
  return markup`<div class="class-head">${data.example && markup`<p class="eye"><b>${data.example}</b></p>`}<h2 class="head">${data.headline}</h2><p class="sub">${data.question} ${data.remark}</p></div><div class="class-body"><div>${picture}</div><aside class="class-side">${numbers(data)}${data.decided.map(decision)}${data.asked.map((asked) => markup`<h3>${asked.question}</h3>${votes(asked)}`)}</aside></div>`;
}

function numbers({ students, middle, best, lowest }) {
  const score = middle !== null && markup`<div><span>Middle score, of 100</span><b>${whole(middle)}</b></div><p class="muted small">Best ${whole(best)}, lowest ${whole(lowest)}. Half of the class scored more than the middle, half less.${lowest < 0 && " Below 0 is worse than naming the whole axis: too narrow, and in the wrong place."}</p>`;
  return markup`<div class="figures"><div><span>Students</span><b>${whole(students)}</b></div>${score}</div>`;
}

function decision({ day, send, n_right: right, n }) {
  return markup`<p class="vote"><span>Day ${String(day)}, right is ${send ? "send" : "hold back"}: <b>${String(right)} of ${String(n)}</b></span><i style="--share:${n ? right / n : 0}"></i></p>`;
}

function votes({ options, counts, right }) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return options.map((option, index) => markup`<p class="vote${right === index + 1 ? " is-right" : ""}"><span>${option}${right === index + 1 && markup` <b>right</b>`}: <b>${String(counts[index])} of ${String(all)}</b></span><i style="--share:${all ? counts[index] / all : 0}"></i></p>`);
}

/** One row for each range or answer, below what many people gained; the truth is a line with its name on it. */
export function drawRows({ answers, truth, gains, unit }, { width, font }) {
  const row = Math.max(font * 0.6, Math.min(font * 1.5, (font * 26) / Math.max(1, answers.length)));
  const crowd = gains.length ? font * 6 : 0;
  const top = font * 1.9;
  const bottom = top + crowd + Math.max(font * 3, answers.length * row) + font;
  const height = bottom + font * 3.4;
  const values = [...answers.flat(), ...gains, truth];
  const [low, high] = [Math.min(...values), Math.max(...values, Math.min(...values) + 1)];
  const [left, right] = [font, width - font * 1.5];
  const x = (value) => left + ((value - low) / (high - low)) * (right - left);
  const ticks = ticksOf(low, high).map((value) => markup`<path class="grid" d="M${x(value)} ${top}V${bottom}"/><text class="t" x="${x(value)}" y="${bottom + font * 1.4}" text-anchor="middle" font-size="${font}">${whole(value)}</text>`);
  const rows = answers.map((answer, index) => {
    const y = top + crowd + (index + 0.8) * row;
    const last = answer[answer.length - 1];
    if (answer.length !== 2) return markup`<circle class="ink" cx="${x(last)}" cy="${y}" r="${font * 0.32}"/>`;
    const holds = answer[0] <= truth && truth <= last;
    return markup`<path class="class-range ${holds ? "holds" : ""}" d="M${x(answer[0])} ${y - row * 0.28}v${row * 0.56}m0 ${-row * 0.28}H${x(last)}m0 ${-row * 0.28}v${row * 0.56}"/>`;
  });
  const label = x(truth) > (left + right) / 2 ? { anchor: "end", at: x(truth) - 6 } : { anchor: "start", at: x(truth) + 6 };
  const key = answers.some((answer) => answer.length === 2) && "Solid: holds the truth. Dashed: does not.";
  return markup`<svg class="class-picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="${`Answers of ${answers.length} students; the truth is ${whole(truth)}.`}">${ticks}${bars(gains, { low, high, x, top: top + font * 0.6, bottom: top + crowd - font })}<path class="base" d="M${left} ${bottom}H${right}"/>${rows}<path class="truth-line" d="M${x(truth)} ${font * 0.4}V${bottom}"/><text class="b halo" x="${label.at}" y="${font * 1.2}" text-anchor="${label.anchor}" font-size="${font}">truth ${whole(truth)}</text><text class="t" x="${right}" y="${bottom + font * 2.8}" text-anchor="end" font-size="${font}">${unit}</text><text class="t" x="${left}" y="${bottom + font * 2.8}" font-size="${font}">${key}${gains.length > 0 && ` Grey: ${whole(gains.length)} people.`}</text></svg>`;
}

function bars(gains, { low, high, x, top, bottom }) {
  if (!gains.length) return null;
  const n = 30;
  const wide = (high - low) / n;
  const counts = Array.from({ length: n }, () => 0);
  for (const gain of gains) counts[Math.min(n - 1, Math.floor((gain - low) / wide))] += 1;
  const most = Math.max(...counts);
  return counts.map((count, place) => count > 0 && markup`<rect class="many" x="${x(low + place * wide) + 0.5}" width="${x(low + wide) - x(low) - 1}" y="${bottom - ((bottom - top) * count) / most}" height="${((bottom - top) * count) / most}"/>`);
}
