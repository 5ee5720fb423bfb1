import type { PostProcessorStep } from "./tokenizer-json.js";

/** The ids that a post-processor adds around a single text. */
export interface Around {
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

export function around(step: PostProcessorStep | null | undefined): Around {
  switch (step?.type) {
    case "TemplateProcessing": {
      const items = step.single ?? [];
      const text = items.findIndex((item) => item.Sequence !== undefined);
      const idsOf = (part: typeof items) =>
        part.flatMap(({ SpecialToken }) => (SpecialToken && step.special_tokens?.[SpecialToken.id]?.ids) ?? []);
      return { before: idsOf(items.slice(0, text)), behind: idsOf(items.slice(text + 1)) };
    }
    case "BertProcessing":
    case "RobertaProcessing":
      return { before: [step.cls![1]], behind: [step.sep![1]] };
    case "Sequence":
      return step.processors!.map(around).reduce(
        (inner, outer) => ({
          before: [...outer.before, ...inner.before],
          behind: [...inner.behind, ...outer.behind],
        }),
        { before: [], behind: [] },
      );
    default:
      return { before: [], behind: [] };
  }
}
