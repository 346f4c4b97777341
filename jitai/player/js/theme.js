/** Light or dark, by the background behind the player, unless the viewer has chosen. */

/** Relative luminance of a CSS colour as browsers compute it: "rgb(15, 18, 21)". @param {string} colour */
export function luminance(colour) {
  const channels = (colour.match(/[\d.]+/g) ?? ["255", "255", "255"]).slice(0, 3).map((text) => {
    const share = Number(text) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
}

/** @param {string} background @returns {"light" | "dark"} */
export function themeFor(background) {
  return luminance(background) < 0.18 ? "dark" : "light";
}
