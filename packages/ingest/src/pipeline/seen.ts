import { createHash } from "node:crypto";

/** Ids that came by, in 16 to 32 bytes each. Two of them count as one by a chance of one in 2^64. */
export interface Seen {
  add(id: string): void;
  has(id: string): boolean;
}

/** Slots at first. */
const FIRST = 1024;

/** A table with open addressing: two halves of a hash a slot, at most half of the slots in use. */
export function createSeen(): Seen {
  let slots = new Uint32Array(2 * FIRST);
  let size = 0;

  function place(table: Uint32Array, high: number, low: number): number {
    const mask = table.length / 2 - 1;
    let at = low & mask;
    while (table[2 * at] !== 0 || table[2 * at + 1] !== 0) {
      if (table[2 * at] === high && table[2 * at + 1] === low) break;
      at = (at + 1) & mask;
    }
    return 2 * at;
  }

  function grow(): void {
    const wider = new Uint32Array(2 * slots.length);
    for (let at = 0; at < slots.length; at += 2) {
      const [high, low] = [slots[at]!, slots[at + 1]!];
      if (high !== 0 || low !== 0) wider.set([high, low], place(wider, high, low));
    }
    slots = wider;
  }

  return {
    add(id) {
      const [high, low] = hashOf(id);
      const at = place(slots, high, low);
      if (slots[at] === high && slots[at + 1] === low) return;
      slots.set([high, low], at);
      size++;
      if (size > slots.length / 4) grow();
    },
    has(id) {
      const [high, low] = hashOf(id);
      const at = place(slots, high, low);
      return slots[at] === high && slots[at + 1] === low;
    },
  };
}

function hashOf(id: string): [number, number] {
  const digest = createHash("sha256").update(id).digest();
  const [high, low] = [digest.readUInt32LE(0), digest.readUInt32LE(4)];
  // Zero marks an empty slot.
  return [high, high === 0 && low === 0 ? 1 : low];
}
