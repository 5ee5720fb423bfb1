"""Qdrant's own engines behind the part of Qdrant's REST interface that the tests use: in Python (`pip install
qdrant-client`, its local mode: exact, in memory), or with the argument `core` the server's in Rust (qdrant_core.py). Prints
its address; ends with its standard input."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pydantic import TypeAdapter
from qdrant_client import QdrantClient
from qdrant_client.http import models as m

MOST_BYTES = 32 * 2**20
if sys.argv[1:] == ["core"]:
    from qdrant_core import CoreClient

    client = CoreClient()
else:
    client = QdrantClient(":memory:")
lock = threading.Lock()


def read(kind, body):
    return TypeAdapter(kind).validate_json(body)


def query(name, asked):
    return client.query_points(
        name, query=asked.query, using=asked.using, prefetch=asked.prefetch, query_filter=asked.filter,
        search_params=asked.params, limit=asked.limit or 10, offset=asked.offset, score_threshold=asked.score_threshold,
        with_payload=asked.with_payload or False, with_vectors=asked.with_vector or False,
    )  # fmt: skip


def collection(method, name, body):
    if method == "GET":
        return client.get_collection(name)
    if method == "DELETE":
        return client.delete_collection(name)
    if method == "PATCH":
        return client.update_collection(name, metadata=read(m.UpdateCollection, body).metadata)
    asked = read(m.CreateCollection, body)
    return client.create_collection(
        name, vectors_config=asked.vectors, sparse_vectors_config=asked.sparse_vectors, metadata=asked.metadata
    )


def points(name, action, body):
    if action == "PUT":
        return client.upsert(name, read(m.PointsList, body).points)
    if action == "POST":
        asked = read(m.PointRequest, body)
        payload = True if asked.with_payload is None else asked.with_payload
        return client.retrieve(name, asked.ids, with_payload=payload, with_vectors=asked.with_vector or False)
    if action == "POST scroll":
        asked = read(m.ScrollRequest, body)
        found, following = client.scroll(
            name, scroll_filter=asked.filter, limit=asked.limit or 10, offset=asked.offset,
            with_payload=asked.with_payload, with_vectors=asked.with_vector or False,
        )  # fmt: skip
        return {"points": found, "next_page_offset": following}
    if action == "POST delete":
        return client.delete(name, read(m.PointsSelector, body))
    if action == "POST count":
        return client.count(name, read(m.CountRequest, body).filter)
    if action == "POST query":
        return query(name, read(m.QueryRequest, body))
    if action == "POST query/batch":
        return [query(name, one) for one in read(m.QueryRequestBatch, body).searches]
    raise ValueError(f"the bridge does not know {action}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}"
        parts = self.path.split("?")[0].strip("/").split("/")
        try:
            if len(body) > MOST_BYTES:
                raise ValueError(f"JSON payload ({len(body)} bytes) is larger than allowed (limit: {MOST_BYTES} bytes).")
            with lock:
                if parts[2:] == ["index"]:
                    asked = read(m.CreateFieldIndex, body)
                    result = client.create_payload_index(parts[1], asked.field_name, asked.field_schema)
                elif len(parts) == 2:
                    result = collection(self.command, parts[1], body)
                else:
                    result = points(parts[1], " ".join([self.command, "/".join(parts[3:])]).strip(), body)
            status, told = 200, {"result": TypeAdapter(object).dump_python(result, mode="json"), "status": "ok"}
        except Exception as error:  # the core's own errors have no class of their own
            reason = str(error)
            status = 404 if reason.startswith("Collection") and "not found" in reason else 409 if "already exists" in reason else 400
            told = {"status": {"error": reason}}
        data = json.dumps({**told, "time": 0.001}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
