/** The entry of a worker process. Only the parent ends it: with a `close` message, by exiting, or by force. */
process.on("disconnect", () => process.exit());
// Signals go to the whole process group; its leader, the parent, may still want to finish its work.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

// Only now load what takes time.
await import("./worker.js");

export {};
