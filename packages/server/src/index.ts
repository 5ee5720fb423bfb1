export type { BgeServer, ServeOptions } from "./api.js";
export { serve } from "./serve.js";
