import { keyPressed, legendClicked, openTable, reveal } from "./commands.js";
import { changeTomorrow, listenToFork, openFork } from "./forking.js";
import { dayAt } from "./layout.js";
import { present } from "./presenting.js";

/** Events of the document and the window, and whom they reach. */

/** @typedef {import("./player.js").Player} Player */

/** Everything that the viewer can touch. @param {Player} player */
export function listenToViewer(player) {
  const { parts, frame } = player;
  const click = (name, action) => parts[name].addEventListener("click", action);
  const move = (by) => () => player.dispatch({ type: "step", by });
  click("play", () => player.dispatch({ type: "toggle play" }));
  click("next-scene", () => player.dispatch({ type: "toggle play" }));
  click("home", () => player.dispatch({ type: "move", day: 0 }));
  click("back", move(-1));
  click("on", move(1));
  click("end", () => player.dispatch({ type: "move", day: player.run.end }));
  click("next-speed", () => player.dispatch({ type: "next speed" }));
  click("why-button", () => player.dispatch({ type: "toggle why" }));
  for (const name of ["reveal", "card-reveal", "hide"]) click(name, () => reveal(player));
  click("fork", () => openFork(player));
  click("open-table", () => openTable(player));
  click("present", () => present(player, !player.state.presenting));
  for (const name of ["scrub", "phone-scrub"]) {
    parts[name].addEventListener("input", () => player.dispatch({ type: "move", day: Number(parts[name].value) }));
  }
  for (const radio of frame.querySelectorAll("[name=speed]")) {
    radio.addEventListener("change", () => player.dispatch({ type: "speed", value: Number(radio.value) }));
  }
  parts.legend.addEventListener("click", (event) => legendClicked(player, event));
  parts.why.addEventListener("click", (event) => {
    const button = event.target.closest("[data-why]");
    if (button) player.dispatch({ type: "why of", letter: button.dataset.why });
  });
  for (const name of ["fork-dialog", "table-dialog"]) {
    parts[name].addEventListener("click", (event) => {
      if (event.target === parts[name] || event.target.closest("[data-close]")) parts[name].close();
    });
    parts[name].addEventListener("close", () => parts.player.focus({ preventScroll: true }));
  }
  listenToFork(player);
  parts.say.addEventListener("submit", (event) => {
    event.preventDefault();
    changeTomorrow(player);
  });
  listenToPointer(player);
  parts.player.addEventListener("keydown", (event) => keyPressed(player, event));
  parts.player.addEventListener("keyup", (event) => {
    if (event.key === " " && event.target === parts.play) event.preventDefault();
  });
  listenToWindow(player);
}

function listenToPointer(player) {
  const { plot } = player.parts;
  const day = (event) => dayAt(player.screen.layout, event.clientX - plot.getBoundingClientRect().left, player.run.days);
  let dragging = false;
  plot.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    dragging = true;
    plot.setPointerCapture(event.pointerId);
    player.dispatch({ type: "hover", day: 0 });
    player.dispatch({ type: "move", day: day(event) });
  });
  plot.addEventListener("pointermove", (event) => {
    const under = day(event);
    if (dragging && under !== player.state.day) player.dispatch({ type: "move", day: under });
    else if (!dragging && event.pointerType === "mouse" && under !== player.state.hover) player.dispatch({ type: "hover", day: under });
  });
  for (const name of ["pointerup", "pointercancel"]) {
    plot.addEventListener(name, () => {
      dragging = false;
    });
  }
  plot.addEventListener("pointerleave", () => player.dispatch({ type: "hover", day: 0 }));
}

function listenToWindow(player) {
  const on = (target, name, action) => {
    target.addEventListener(name, action);
    player.cleanUp.push(() => target.removeEventListener(name, action));
  };
  const resized = new ResizeObserver(() => {
    placeInWindow(player);
    player.screen.measure = null;
    player.render();
  });
  resized.observe(player.frame);
  resized.observe(player.parts.plot);
  player.cleanUp.push(() => resized.disconnect());
  on(window, "resize", () => {
    placeInWindow(player);
    player.screen.measure = null;
    player.render();
  });
  on(window, "beforeprint", () => player.fillPaper());
  on(window, "afterprint", () => player.parts.paper.replaceChildren());
  const print = matchMedia("print");
  on(print, "change", () => (print.matches ? player.fillPaper() : player.parts.paper.replaceChildren()));
  on(matchMedia("(prefers-color-scheme: dark)"), "change", () => player.restyle());
  placeInWindow(player);
}

/** How far the player stands below the top of the window, so that it fits what is left of it. */
function placeInWindow(player) {
  if (player.state?.presenting) return;
  let above = player.frame.getBoundingClientRect().top;
  for (let node = player.frame.getRootNode().host ?? player.frame.parentElement; node; node = node.parentElement) above += node.scrollTop;
  player.frame.style.setProperty("--above", `${Math.round(Math.max(0, Math.min(above, window.innerHeight / 3)))}px`);
}
