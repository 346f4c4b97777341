/** The first letter as a capital. @param {string} text */
export function sentenceCase(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What stands before the first comma of a person's name. @param {{name: string}} person */
export function shortName(person) {
  return person.name.split(",")[0];
}

/** What a step is called wherever it is named; a knob's own name stands at its axis. @param {{kind: string, name: string}} step */
export function stepName(step) {
  return step.kind === "try" ? "Try" : step.name;
}
