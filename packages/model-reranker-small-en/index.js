import { fileURLToPath } from "node:url";

/** The model's id and files, ready for `loadReranker` of @bge-js/core. */
export default {
  id: "bge-js/reranker-small-en",
  directory: fileURLToPath(new URL("./model/", import.meta.url)),
};
