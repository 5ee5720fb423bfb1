import type { TaskInstructions } from "../api/model.js";

type Tasks = Readonly<Record<string, TaskInstructions>>;

/** llm-embedder's six tasks, with instructions on both sides. Source: FlagEmbedding's research/llm_embedder. */
export const LLM_EMBEDDER_TASKS = {
  qa: {
    query: "Represent this query for retrieving relevant documents: ",
    document: "Represent this document for retrieval: ",
  },
  icl: {
    query: "Convert this example into vector to look for useful examples: ",
    document: "Convert this example into vector for retrieval: ",
  },
  chat: {
    query: "Embed this dialogue to find useful historical dialogues: ",
    document: "Embed this historical dialogue for retrieval: ",
  },
  lrlm: {
    query: "Embed this text chunk for finding useful historical chunks: ",
    document: "Embed this historical text chunk for retrieval: ",
  },
  tool: {
    query: "Transform this user request for fetching helpful tool descriptions: ",
    document: "Transform this tool description for retrieval: ",
  },
  convsearch: {
    query: "Encode this query and context for searching relevant passages: ",
    document: "Encode this passage for retrieval: ",
  },
} as const satisfies Tasks;

const MIXED =
  "retrieve relevant answers that also consist of a mix of text and code snippets, and can help answer the question.";

/** bge-code-v1's tasks; documents are bare. Source: the evaluation instructions in FlagEmbedding's research/BGE_Coder. */
// biome-ignore format: a table reads best with one task per line
export const CODE_TASKS = {
  "web-query-to-code":            { query: "Given a web search query, retrieve relevant code that can help answer the query." },
  "explanation-to-code":          { query: "Given a textual explanation of code functionality, retrieve the corresponding code implementation." },
  "contest-to-code":              { query: "Given a code contest problem description, retrieve relevant code that can help solve the problem." },
  "question-to-sql":              { query: "Given a question in text, retrieve SQL queries that are appropriate responses to the question." },
  "code-to-docstring":            { query: "Given a piece of code, retrieve the document string that summarizes the code." },
  "code-to-continuation":         { query: "Given a piece of code segment, retrieve the code segment that is the latter part of the code." },
  "code-to-equivalent":           { query: "Given a piece of code, retrieve code that is semantically equivalent to the input code." },
  "python-to-cpp":                { query: "Given a piece of Python code, retrieve C++ code that is semantically equivalent to the input code." },
  "question-to-mixed-answer":     { query: `Given a question that consists of a mix of text and code snippets, ${MIXED}` },
  "conversation-to-mixed-answer": { query: `Given a multi-turn conversation history that consists of a mix of text and code snippets, ${MIXED}` },
  "bug-to-fix":                   { query: "Given a code snippet containing a bug and a natural language description of the bug or error, retrieve code snippets that demonstrate solutions or fixes for similar bugs or errors (the desired documents)." },
} as const satisfies Tasks;

/** The only instruction documented for bge-multilingual-gemma2, bge-en-icl and bge-reasoner-embed. Others may be passed. */
export const WEB_SEARCH_TASKS = {
  "web-search": { query: "Given a web search query, retrieve relevant passages that answer the query." },
} as const satisfies Tasks;
