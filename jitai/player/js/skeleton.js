import { markup } from "./markup.js";
import { SPEEDS } from "./state.js";

/** What stands still while it plays: everything that can hold the focus. screen.js fills it. */

const ICONS = {
  home: '<path d="M1 1h2v12H1zM13 1v12L4 7z"/>',
  back: '<path class="stroke" d="M9.5 1.5L4 7l5.5 5.5"/>',
  on: '<path class="stroke" d="M4.5 1.5L10 7l-5.5 5.5"/>',
  end: '<path d="M1 1l9 6-9 6zM11 1h2v12h-2z"/>',
};

/** @param {keyof typeof ICONS} icon */
function transportButton(icon, label, key) {
  return `<button class="btn ${icon}" data-part="${icon}" title="${label} (${key})" aria-label="${label}"><svg viewBox="0 0 14 14" aria-hidden="true">${ICONS[icon]}</svg></button>`;
}

/** No value of a run is in it, so it is plain text. */
export function skeleton() {
  return `<div class="player" data-part="player" tabindex="0" role="region" aria-label="Player of a run. Space plays, arrows move a day, question mark shows the keys.">
<form class="say" data-part="say"><label class="question" for="said" data-part="question"></label><input type="text" id="said" data-part="tomorrow" placeholder="I twisted my ankle" autocomplete="off"><select data-part="say-truth" aria-label="What is true on that day"><option value="">ability as simulated</option><option value="0">cannot walk</option><option value="1">can walk</option></select><button class="btn" data-part="say-it" type="submit">Say it</button></form>
<div class="scene" data-part="scene" hidden><p data-part="caption" aria-live="polite"></p><button class="btn main" data-part="next-scene"></button></div>
<section class="hero" aria-label="The answer">
<div class="top"><span class="title" data-part="title"></span><span class="tools"><button class="quiet" data-part="open-table" title="The days as a table (D)">Table <kbd>D</kbd></button><button class="quiet" data-part="present" title="The player alone, large (P)">Present <kbd>P</kbd></button></span></div>
<h2 class="answer" data-part="answer"></h2>
<p class="many" data-part="many"></p>
<p class="facts" data-part="facts"></p>
<div class="legend-row"><div class="legend" data-part="legend"></div><button class="btn why-button" data-part="why-button" aria-pressed="false">Why? <kbd>W</kbd></button></div>
</section>
<section class="stage" data-part="stage" aria-label="The run, day by day">
<div class="plot" data-part="plot"><svg data-part="picture" role="img"></svg><div class="cursor" data-part="cursor"></div><div class="hoverbar" data-part="hoverbar" hidden></div><div class="tip" data-part="tip" hidden></div></div>
<div class="axis" data-part="axis"><div class="cursor" data-part="axis-cursor"></div><svg data-part="axis-picture" aria-hidden="true"></svg><input type="range" data-part="scrub" min="0" step="1" value="0" aria-label="Day"></div>
<section class="why" data-part="why" aria-label="Why" hidden></section>
</section>
<div class="transport" data-part="transport" role="toolbar" aria-label="Play the run">
<div class="phone-scrub"><input type="range" data-part="phone-scrub" min="0" step="1" value="0" aria-label="Day"><output data-part="phone-day"></output></div>
<button class="btn main" data-part="play"></button>${transportButton("home", "Start over", "Home")}${transportButton("back", "One day back", "left arrow")}${transportButton("on", "One day on", "right arrow")}${transportButton("end", "To the end", "End")}
<div class="speed" role="radiogroup" aria-label="Days a second">${SPEEDS.map((speed) => `<label><input type="radio" name="speed" value="${speed}">${speed}<span class="sr"> days a second</span></label>`).join("")}</div><span class="speed-unit">days/s</span>
<button class="btn next-speed" data-part="next-speed"></button><span class="waiting" data-part="waiting" role="status"></span><span class="space"></span>
<button class="btn transport-reveal" data-part="reveal" aria-pressed="false"><span data-part="reveal-label"></span> <kbd>R</kbd></button>
</div>
<aside class="card" data-part="card" aria-label="The day’s card">
<div class="card-head"><h3 data-part="day"></h3><button class="btn" data-part="fork">Fork here <kbd>F</kbd></button></div>
<ol class="story">
<li class="s-sensor"><span class="k" tabindex="0" data-term="sensor">Sensor</span><div class="v" data-part="sensor"></div></li>
<li class="s-policy"><span class="k" tabindex="0" data-term="policy">Policy</span><div class="v" data-part="policy"></div></li>
<li class="s-draws wide"><div class="v" data-part="draws"></div></li>
<li class="s-words wide"><div class="head"><span class="k" tabindex="0" data-term="words">Words</span></div><div class="v" data-part="words"></div></li>
<li class="s-judge"><span class="k" tabindex="0" data-term="judge">Judge</span><div class="v"><div data-part="judge"></div><div class="n" data-part="source"></div></div><div class="full" data-part="judge-scale"></div></li>
<li class="s-done key"><span class="k" tabindex="0" data-term="done">Done</span><div class="v" data-part="done"></div></li>
<li class="s-earned key"><span class="k">Earned</span><div class="v" data-part="earned"></div></li>
<li class="s-truth"><span class="k" tabindex="0" data-term="truth">Truth</span><div class="v"><button class="btn" data-part="card-reveal">Reveal the truth <kbd>R</kbd></button><div class="shown" data-part="truth"></div><button class="x" data-part="hide" aria-label="Hide the truth again"><svg viewBox="0 0 10 10" aria-hidden="true"><path d="M1 1l8 8M9 1L1 9"/></svg></button></div></li>
</ol>
</aside>
<dialog class="fork-dialog" data-part="fork-dialog" aria-labelledby="fork-title"></dialog>
<dialog class="table-dialog" data-part="table-dialog" aria-labelledby="table-title"></dialog>
<div class="keys" data-part="keys" hidden></div>
<div class="sr" aria-live="polite" data-part="live"></div>
</div>
<div class="toast" data-part="toast" role="status" popover="manual" hidden></div>
<div class="paper" data-part="paper"></div>`;
}

/** The face of the play button. @param {{playing: boolean, ended: boolean, narrow: boolean}} shown */
export function playFace({ playing, ended, narrow }) {
  const again = narrow ? "Again" : "Play again";
  const icon = playing ? markup`<path d="M2 1h3.5v12H2zM8.5 1H12v12H8.5z"/>` : markup`<path d="M2 1l11 6-11 6z"/>`;
  return markup`<svg viewBox="0 0 14 14" aria-hidden="true">${icon}</svg><span>${playing ? "Pause" : ended ? again : "Play"}</span> <kbd>Space</kbd>`;
}
