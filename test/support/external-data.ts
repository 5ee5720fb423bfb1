const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
};
const number = (field: number, value: number) => Buffer.concat([varint(field << 3), varint(value)]);
const part = (field: number, ...parts: readonly Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
};
const text = (field: number, value: string) => part(field, Buffer.from(value));

const TOKENS = 2000;
const WIDTH = 48;
export const DATA_BYTES = TOKENS * WIDTH * 4;

/** An ONNX file that looks token vectors up in a table, which lies in another file. */
export function graphWithDataAt(location: string): Buffer {
  const entry = (key: string, value: string) => part(13, text(1, key), text(2, value));
  const table = [
    number(1, TOKENS),
    number(1, WIDTH),
    number(2, 1),
    text(8, "table"),
    entry("location", location),
    entry("length", String(DATA_BYTES)),
    number(14, 1),
  ];
  const value = (field: number, name: string, type: number, axes: readonly string[]) => {
    const shape = axes.map((axis) => part(1, text(2, axis)));
    return part(field, text(1, name), part(2, part(1, number(1, type), part(2, ...shape))));
  };
  const gather = [text(1, "table"), text(1, "input_ids"), text(2, "last_hidden_state"), text(4, "Gather")];
  // Nothing but a use of the mask.
  const mask = [text(1, "attention_mask"), text(2, "mask"), text(4, "Identity")];
  const graph = [
    part(1, ...gather),
    part(1, ...mask),
    text(2, "graph"),
    part(5, ...table),
    value(11, "input_ids", 7, ["batch", "tokens"]),
    value(11, "attention_mask", 7, ["batch", "tokens"]),
    value(12, "last_hidden_state", 1, ["batch", "tokens", "width"]),
    value(12, "mask", 7, ["batch", "tokens"]),
  ];
  return Buffer.concat([number(1, 8), part(7, ...graph), part(8, number(2, 17))]);
}
