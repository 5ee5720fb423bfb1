/**
 * Returns each token's position in time, row and column, `[3, tokens]`, as Qwen2.5-VL counts them: a text's tokens advance all three; a
 * picture's have its beginning plus their own row and column; and what is behind a picture goes on after its longer side.
 */
export function gridPositions(
  tokens: number,
  start: number,
  grid: { readonly width: number; readonly height: number } = { width: 0, height: 0 },
): Int32Array {
  const { width, height } = grid;
  const end = start + width * height;
  const behind = Math.max(width, height) - width * height;
  const positions = new Int32Array(3 * tokens);
  for (let at = 0; at < tokens; at++) {
    const inside = at >= start && at < end;
    const [row, column] = inside ? [Math.floor((at - start) / width), (at - start) % width] : [0, 0];
    const base = inside ? start : at < start ? at : at + behind;
    positions[at] = base;
    positions[tokens + at] = base + row;
    positions[2 * tokens + at] = base + column;
  }
  return positions;
}
