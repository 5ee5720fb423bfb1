type Numbers = Int32Array | Uint32Array | Float32Array | Float64Array;

/** Numbers by index that grow, as a typed array. Never set ones are 0. */
export interface Growing<Values extends Numbers> {
  /** Another array after it has grown. */
  readonly values: Values;
  set(at: number, value: number): void;
}

export function growing<Values extends Numbers>(create: (length: number) => Values): Growing<Values> {
  let values = create(1024);
  return {
    get values() {
      return values;
    },
    set(at, value) {
      if (at >= values.length) {
        // By half: at a million slots, doubling would keep too much.
        const larger = create(Math.max(at + 1, Math.ceil(values.length * 1.5)));
        (larger as { set(from: Values): void }).set(values);
        values = larger;
      }
      values[at] = value;
    },
  };
}
