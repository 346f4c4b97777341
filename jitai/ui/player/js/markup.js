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

/** @param {unknown} value */
function inserted(value) {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(inserted).join("");
  if (value === null || value === undefined || value === false) return "";
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character]);
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
  values.forEach((value, index) => {
    text += inserted(value) + parts[index + 1];
  });
  return new Markup(text);
}
