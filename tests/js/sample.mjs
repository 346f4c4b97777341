import { readFileSync } from "node:fs";
import { layOut } from "../../jitai/player/js/layout.js";
import { readPayload } from "../../jitai/player/js/model.js";

/** Two real runs: in "a" the person leaves without the judge, in "b" both stay to the end. */
export function payload(which, changes = {}) {
  const read = (name) => JSON.parse(readFileSync(new URL(`../data/player_${name}_${which}.json`, import.meta.url)));
  const branches = (changes.letters ?? "").split("").map((letter) => ({ ...read("branch"), letter, key: `branch-${letter}` }));
  return { ...read("run"), branches, ...changes };
}

export function sampleRun(which = "a", changes = {}) {
  return readPayload(payload(which, changes));
}

/** What the drawing functions of the tracks read. */
export function viewOf(run, changes = {}) {
  const size = { width: 860, height: 520, font: 13, gutter: 122, scale: 46, days: run.days };
  const seen = Math.max(changes.seen ?? 0, changes.day ?? 0);
  return { id: "test", run, lead: run.line, branches: run.branches, day: 0, revealed: false, layout: layOut(size), font: 13, brief: false, ...changes, seen };
}

/** Whatever only somebody who knows the truth could have drawn. */
export const TRUTH_WORDS = /could walk|could not walk|cannot walk|was right|was wrong|have been held back|wrong place|Held back rightly|of \d+ right/;
