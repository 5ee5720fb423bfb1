"""Golden files of the fixtures. A fixture's id is its folder name."""

from embedding_golden import write_embedding_golden
from make_fixtures import QUERY_PROMPT
from paths import TORCH_MODELS
from reranking_golden import write_reranking_golden

write_embedding_golden(TORCH_MODELS / "tiny-bert-cls", "tiny-bert-cls", QUERY_PROMPT)
write_embedding_golden(TORCH_MODELS / "tiny-bert-mean", "tiny-bert-mean", None, pooling="mean")
write_embedding_golden(TORCH_MODELS / "tiny-xlmr-cls", "tiny-xlmr-cls", None)
write_reranking_golden(TORCH_MODELS / "tiny-bert-reranker", "tiny-bert-reranker")
write_reranking_golden(TORCH_MODELS / "tiny-xlmr-reranker", "tiny-xlmr-reranker")
