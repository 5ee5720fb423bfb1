import { fileURLToPath } from "node:url";

/** The model's id and files, ready for `loadEmbedder` and `loadReranker` of @bge-js/core. */
export default {
  id: "BAAI/bge-small-zh-v1.5",
  directory: fileURLToPath(new URL("./model/", import.meta.url)),
};
