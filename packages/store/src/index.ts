export type { Kept, Store, StoreOptions } from "./api.js";
export { openStore } from "./store.js";
