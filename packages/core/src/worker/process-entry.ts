/** The entry of a worker process. The parent alone ends it: by a `close` message, by its own end, or by force. */
process.on("disconnect", () => process.exit());
// Meant for the whole group, which the parent leads: it may still want to finish its work.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

// Only then what takes its time to load.
await import("./worker.js");

export {};
