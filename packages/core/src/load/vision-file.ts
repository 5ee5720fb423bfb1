import { existsSync } from "node:fs";
import { BgeError } from "../api/errors.js";
import type { ModelSource, ModelSpec } from "../api/model.js";

/** Checks that the second graph is there. @throws BgeError `MODEL_NOT_FOUND` */
export function checkVisionFile(file: string, { id }: ModelSpec, { from }: Pick<ModelSource, "from">): void {
  if (existsSync(file)) return;
  const advice = from === "cache" ? `await pullModel(${JSON.stringify(id)}) brings it` : "tools/export writes it";
  throw new BgeError(
    "MODEL_NOT_FOUND",
    `${file}, which reads the images of ${id}, does not exist: the model has two graphs, and ${advice}.`,
    { parameter: "model" },
  );
}
