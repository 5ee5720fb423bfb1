export { type AddImagesOptions, addImages } from "./add-images.js";
export { BgeMultimodalEmbeddings, type BgeMultimodalEmbeddingsFields } from "./multimodal-embeddings.js";
