"""Asks a server through Python's clients of both dialects. Takes {"tei", "openai", "texts", "query"} on standard input and prints what
each client made of the answers. Needs openai, huggingface_hub, numpy and langchain-huggingface: see CONTRIBUTING.md."""

import json
import sys

from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from langchain_huggingface import HuggingFaceEndpointEmbeddings
from openai import APIStatusError, OpenAI

asked = json.load(sys.stdin)
texts, query = asked["texts"], asked["query"]
found = {}

openai = OpenAI(base_url=asked["openai"], api_key=asked["key"], max_retries=0)
# Asks for base64, and decodes it itself.
found["openai"] = [one.embedding for one in openai.embeddings.create(model="m", input=texts).data]
found["openai float"] = [
    one.embedding for one in openai.embeddings.create(model="m", input=texts, encoding_format="float").data
]
found["openai models"] = [model.id for model in openai.models.list()]
try:
    openai.embeddings.create(model="m", input=[asked["long"]])
except APIStatusError as error:
    found["openai too long"] = [error.status_code, error.message]

hub = InferenceClient(model=asked["tei"], token=asked["key"])
found["feature_extraction"] = hub.feature_extraction(texts).tolist()
found["feature_extraction of a query"] = hub.feature_extraction(query, prompt_name="query").tolist()
similar = InferenceClient(model=asked["tei"] + "/similarity", token=asked["key"])
found["sentence_similarity"] = similar.sentence_similarity(query, texts)
try:
    hub.feature_extraction(asked["long"], truncate=False)
except HfHubHTTPError as error:
    found["feature_extraction too long"] = [error.response.status_code, str(error)]
found["feature_extraction cut"] = hub.feature_extraction(asked["long"], truncate=True).tolist()

# It refuses an address in place of a model, and so it is given a client that has one.
endpoint = HuggingFaceEndpointEmbeddings(model="BAAI/bge-small-en-v1.5", huggingfacehub_api_token=asked["key"])
endpoint.client = hub
found["langchain documents"] = endpoint.embed_documents(texts)
found["langchain query"] = endpoint.embed_query(query)

json.dump(found, sys.stdout)
