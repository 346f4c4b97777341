import assert from "node:assert/strict";
import test from "node:test";
import { cardSlots } from "../../jitai/player/js/card.js";
import { drawForkDialog } from "../../jitai/player/js/fork_dialog.js";
import { drawLegend } from "../../jitai/player/js/legend.js";
import { markup } from "../../jitai/player/js/markup.js";
import { drawTable } from "../../jitai/player/js/table.js";
import { payload } from "./sample.mjs";
import { readPayload } from "../../jitai/player/js/model.js";

const ATTACK = `<img src=x onerror=alert(1)>"'&`;

test("strings are escaped, markup is not, nothing stays nothing", () => {
  assert.equal(String(markup`<b title="${ATTACK}">${ATTACK}</b>`), `<b title="${"&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"}">&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;</b>`);
  assert.equal(String(markup`${markup`<i/>`}${[1, markup`<u/>`]}${null}${undefined}${false}`), "<i/>1<u/>");
});

test("numbers are rounded to two decimals", () => {
  assert.equal(String(markup`${1 / 3}`), "0.33");
  assert.equal(String(markup`${-0.001}`), "0");
});

test("words, reasons and names from outside never become markup", () => {
  const data = payload("a", { letters: "A" });
  data.run.words[0] = data.run.reason[0] = data.branches[0].name = ATTACK;
  data.run.source[0] = "rule";
  data.options.suggestions = [ATTACK];
  const run = readPayload(data);
  const slots = cardSlots(run, run.line, run.branches, { day: 1, revealed: true, presenting: false });
  const drawn = [
    ...Object.values(slots),
    drawTable(run, run.line, run.branches, { seen: 50, revealed: true }),
    drawLegend(run, run.branches, ATTACK),
    drawForkDialog(run, run.line, 1),
  ].join("");
  assert.ok(drawn.includes("&lt;img"));
  assert.ok(!drawn.includes("<img"));
  assert.ok(!/="[^"]*<img/.test(drawn));
});
