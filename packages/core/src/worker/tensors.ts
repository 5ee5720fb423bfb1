import type { Padding } from "../api/model.js";
import type { TokenRows } from "../protocol.js";

/** The graph's inputs by name. */
export type Inputs = Readonly<
  Record<string, { readonly data: BigInt64Array | Float32Array; readonly shape: readonly number[] }>
>;

interface InputOptions {
  readonly padId: number;
  readonly padding?: Padding;
  /**
   * For graphs with this input: how many tokens of each row, from the first, the output should contain. @default all
   */
  readonly outputLength?: number | undefined;
}

/** Pads token rows to the longest one. Creates only the inputs that the graph has. */
export function padRows(
  rows: TokenRows,
  names: readonly string[],
  { padId, padding = "right", outputLength }: InputOptions,
): Inputs {
  const count = rows.lengths.length;
  const width = Math.max(...rows.lengths);
  const made = (name: string) => (names.includes(name) ? int64(count * width) : undefined);
  const [ids, mask, types] = [made("input_ids"), made("attention_mask"), made("token_type_ids")];
  if (padId !== 0) for (let i = 0; i < count * width; i++) ids?.set(i, padId);
  let from = 0;
  for (let row = 0; row < count; row++) {
    const length = rows.lengths[row]!;
    const second = rows.seconds[row]!;
    const start = row * width + (padding === "left" ? width - length : 0);
    for (let t = 0; t < length; t++) {
      const at = start + t;
      ids?.set(at, rows.ids[from + t]!);
      mask?.set(at, 1);
      if (second > 0 && t >= second) types?.set(at, 1);
    }
    from += length;
  }
  const shape = [count, width];
  return {
    ...(ids && { input_ids: { data: ids.array, shape } }),
    ...(mask && { attention_mask: { data: mask.array, shape } }),
    ...(types && { token_type_ids: { data: types.array, shape } }),
    ...(names.includes("output_length") && {
      output_length: { data: BigInt64Array.of(BigInt(outputLength ?? width)), shape: [1] },
    }),
  };
}

/** Returns ids, or other small integers, as an input. */
export function int64Tensor(values: ArrayLike<number>, shape: readonly number[]): Inputs[string] {
  const { array, set } = int64(values.length);
  for (let at = 0; at < values.length; at++) set(at, values[at]!);
  return { data: array, shape };
}

/** Creates 64-bit integers that are written by their low halves: token ids are small, and creating BigInts is slow. */
function int64(length: number): { array: BigInt64Array; set(index: number, value: number): void } {
  const array = new BigInt64Array(length);
  const halves = new Int32Array(array.buffer);
  const low = LITTLE_ENDIAN ? 0 : 1;
  return {
    array,
    set(index, value) {
      halves[2 * index + low] = value;
    },
  };
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
