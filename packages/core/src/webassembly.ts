import { BgeError } from "./api/errors.js";

/** What every kernel of tools/kernel.mjs exports beside its functions. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

/** Missing from the Node.js types. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/** Size of a WebAssembly memory page, in bytes. */
const PAGE = 65_536;

/**
 * Creates an instance of a kernel, with memory of its own.
 *
 * @param purpose what happens with it, for the error: "with which ..."
 * @throws BgeError `UNSUPPORTED_PLATFORM` in a process without WebAssembly
 */
export function instantiate<Kernel extends KernelExports>(base64: string, purpose: string): Kernel {
  if (typeof WebAssembly === "undefined") {
    const problem = `This process has no WebAssembly, ${purpose}.`;
    throw new BgeError("UNSUPPORTED_PLATFORM", `${problem} Start Node.js without --jitless and --no-expose-wasm.`);
  }
  return new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(base64, "base64"))).exports as Kernel;
}

/** Grows a kernel's memory to hold pieces of these sizes, and returns where each begins, at a multiple of 16. */
export function places({ memory }: KernelExports, ...sizes: readonly number[]): number[] {
  let end = 0;
  const starts = sizes.map((size) => {
    const start = end;
    end = upTo(start + size, 16);
    return start;
  });
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  return starts;
}

export function upTo(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
