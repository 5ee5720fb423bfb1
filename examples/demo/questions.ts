/** Questions about Node's API documentation, used if none are passed. */
export const NODE_QUESTIONS = [
  "How do I read a file line by line?",
  "run a function after the current event loop iteration",
  "compare two buffers in constant time",
  "how to hash a password safely",
  "get the command line arguments",
];
