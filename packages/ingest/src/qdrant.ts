export { qdrantStore } from "./stores/qdrant-store.js";
