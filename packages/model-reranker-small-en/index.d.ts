/** The model's id and files, ready for `loadReranker` of @bge-js/core. */
declare const model: { readonly id: "bge-js/reranker-small-en"; readonly directory: string };
export default model;
