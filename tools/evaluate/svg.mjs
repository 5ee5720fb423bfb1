/** A thin line, for a grid. */
export function rule(x1, y1, x2, y2) {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`;
}

export function text(x, y, content, anchor = "start") {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped(String(content))}</text>`;
}

export function escaped(content) {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
