/** Numbers, of which the smallest is taken first. */
export interface Heap {
  readonly size: number;
  push(value: number): void;
  /** The smallest; there must be one. */
  pop(): number;
}

/** A binary heap. */
export function createHeap(): Heap {
  const values: number[] = [];
  return {
    get size() {
      return values.length;
    },
    push(value) {
      let at = values.length;
      values.push(value);
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (values[parent]! <= value) break;
        values[at] = values[parent]!;
        at = parent;
      }
      values[at] = value;
    },
    pop() {
      const smallest = values[0]!;
      const last = values.pop()!;
      const length = values.length;
      if (length === 0) return smallest;
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= length) break;
        if (child + 1 < length && values[child + 1]! < values[child]!) child++;
        if (values[child]! >= last) break;
        values[at] = values[child]!;
        at = child;
      }
      values[at] = last;
      return smallest;
    },
  };
}
