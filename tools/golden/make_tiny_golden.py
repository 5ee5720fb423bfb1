"""Golden files of the fixtures. A fixture's id is its folder name."""

from decoder_golden import write_decoder_golden
from embedding_golden import write_embedding_golden
from icl_golden import write_icl_golden
from llm_reranking_golden import write_layerwise_golden, write_yes_golden
from m3_golden import write_m3_golden
from make_fixtures import LAYERS
from paths import TORCH_MODELS
from reranking_golden import write_reranking_golden
from task_golden import write_task_golden
from torch_folders import QUERY_PROMPT

INSTRUCT_QUERY = "<instruct>{}\n<query>{}"
WEB_QUERY = "Given a web search query, retrieve relevant passages that answer the query."
CODE_TASKS = [  # two of the CoIR evaluation
    "Given a question in text, retrieve SQL queries that are appropriate responses to the question.",
    "Given a piece of code, retrieve the document string that summarizes the code.",
]
THEOREMS = "Given a Math problem, retrieve relevant theorems that help answer the problem."

write_embedding_golden(TORCH_MODELS / "tiny-bert-cls", "tiny-bert-cls", QUERY_PROMPT)
write_embedding_golden(TORCH_MODELS / "tiny-bert-mean", "tiny-bert-mean", None, pooling="mean")
write_embedding_golden(TORCH_MODELS / "tiny-xlmr-cls", "tiny-xlmr-cls", None)
write_reranking_golden(TORCH_MODELS / "tiny-bert-reranker", "tiny-bert-reranker")
write_reranking_golden(TORCH_MODELS / "tiny-xlmr-reranker", "tiny-xlmr-reranker")
write_task_golden(TORCH_MODELS / "tiny-llm-embedder")
write_m3_golden(TORCH_MODELS / "tiny-m3")
write_decoder_golden(TORCH_MODELS / "tiny-code", CODE_TASKS, INSTRUCT_QUERY)
write_decoder_golden(TORCH_MODELS / "tiny-gemma2", [WEB_QUERY], INSTRUCT_QUERY)
write_decoder_golden(TORCH_MODELS / "tiny-reasoner", [THEOREMS], "Instruct: {}\nQuery: {}")
write_icl_golden(TORCH_MODELS / "tiny-icl")
write_yes_golden(TORCH_MODELS / "tiny-reranker-gemma")
write_layerwise_golden(TORCH_MODELS / "tiny-reranker-minicpm", LAYERS)
