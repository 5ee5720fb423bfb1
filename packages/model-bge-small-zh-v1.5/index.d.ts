/** The model's id and files, ready for `loadEmbedder` and `loadReranker` of @bge-js/core. */
declare const model: { readonly id: "BAAI/bge-small-zh-v1.5"; readonly directory: string };
export default model;
