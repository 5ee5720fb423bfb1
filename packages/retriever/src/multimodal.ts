export type {
  AnyMultimodalDocument,
  MultimodalDocument,
  MultimodalQuery,
  MultimodalRetriever,
  MultimodalRetrieverOptions,
  WithImage,
} from "./pictures/api.js";
export { loadMultimodalRetriever } from "./pictures/load.js";
