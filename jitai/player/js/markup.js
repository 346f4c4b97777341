/** Text that is markup already. Everything else is escaped when it is put into a template: this is the one place. */
class Markup {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const SPECIAL = /[&<>"']/;

/** @param {unknown} value */
function inserted(value) {
  if (value instanceof Markup) return value.text;
  if (typeof value === "number") return `${Math.round(value * 100) / 100}`;
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value)) {
    let text = "";
    for (const entry of value) text += inserted(entry);
    return text;
  }
  const text = String(value);
  return SPECIAL.test(text) ? text.replace(/[&<>"']/g, (character) => ENTITIES[character]) : text;
}

/**
 * Template tag for HTML and SVG: markup`<b>${words}</b>`. Strings are escaped, numbers rounded to two decimals, lists
 * joined; null, undefined and false vanish. Attribute values must stand in double quotes.
 *
 * @param {TemplateStringsArray} parts
 * @param {...unknown} values
 */
export function markup(parts, ...values) {
  let text = parts[0];
  for (let index = 0; index < values.length; index += 1) text += inserted(values[index]) + parts[index + 1];
  return new Markup(text);
}
