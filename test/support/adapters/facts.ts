/** Small enough to read, with enough near misses that order means something. */
export const FACTS: string[] = [
  "fs.watch(filename) watches for changes on a file or a directory and calls back with the event's name.",
  "fs.readFile(path) reads the whole content of a file into memory.",
  "os.cpus() returns a list with information about each logical processor.",
  "process.memoryUsage() tells how many bytes of memory the process uses, the heap among them.",
  "crypto.randomUUID() makes a random version 4 UUID.",
  "zlib.gzip(buffer) compresses a chunk of data.",
  "A penguin is a bird that cannot fly but swims very well.",
  "url.parse() takes a URL string and returns its parts; it is a legacy function.",
  "stream.pipeline() connects streams, forwards errors and cleans up afterwards.",
  "worker.terminate() stops all JavaScript in the worker thread as soon as possible.",
];

/** A question, and the index of the fact that answers it. */
export const QUESTIONS: readonly (readonly [string, number])[] = [
  ["How do I get notified when a folder changes?", 0],
  ["How much RAM does my program take?", 3],
  ["make a unique identifier", 4],
  ["Which animal is a good swimmer?", 6],
];
