import { BgeError, messageOf } from "../api/errors.js";

/**
 * Imports a module that needs LMDB, a native library, in a package that depends on it.
 *
 * @throws BgeError `UNSUPPORTED_PLATFORM` where it cannot be loaded
 */
export async function withLmdb<Module>(open: () => Promise<Module>): Promise<Module> {
  try {
    return await open();
  } catch (cause) {
    const [problem] = messageOf(cause).split("\n");
    throw new BgeError(
      "UNSUPPORTED_PLATFORM",
      `LMDB cannot be loaded on ${process.platform}/${process.arch}: ${problem}. Its library is in a package of its own for each ` +
        "platform, such as @lmdb/lmdb-linux-x64: install on the platform that runs the program, and without --omit=optional. " +
        "A bundler must leave @bge-js/* outside. See docs/bundlers.md of bge-js.",
      { cause },
    );
  }
}
