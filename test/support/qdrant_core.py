"""Qdrant's engine in Rust (`pip install qdrant-edge-py`: segments, graph, sparse index, quantisation, float16) with those
methods of `QdrantClient` that the bridge calls. A collection is one shard in a temporary folder; its metadata are kept
here, as the engine has none."""

import tempfile

import qdrant_edge as edge
from qdrant_client.http import models as m


class CoreClient:
    def __init__(self):
        self.collections = {}

    def shard(self, name):
        if name not in self.collections:
            raise ValueError(f"Collection {name} not found")
        return self.collections[name][0]

    def create_collection(self, name, vectors_config, sparse_vectors_config, metadata):
        if name in self.collections:
            raise ValueError(f"Collection {name} already exists")
        config = edge.EdgeConfig(
            vectors={key: dense(one) for key, one in vectors_config.items()},
            sparse_vectors={key: sparse(one) for key, one in (sparse_vectors_config or {}).items()},
        )
        folder = tempfile.TemporaryDirectory()
        shard = edge.EdgeShard.create(folder.name, config)
        params = {"vectors": vectors_config, "sparse_vectors": sparse_vectors_config}
        self.collections[name] = (shard, {"params": params, "metadata": metadata or {}}, folder)
        return True

    def get_collection(self, name):
        points = self.shard(name).count(edge.CountRequest(exact=True))
        return {"status": "green", "points_count": points, "config": self.collections[name][1]}

    def update_collection(self, name, metadata):
        self.shard(name)
        self.collections[name][1]["metadata"].update(metadata)
        return True

    def delete_collection(self, name):
        shard, _, folder = self.collections.pop(name, (None, None, None))
        if shard is not None:
            shard.close()
            folder.cleanup()
        return shard is not None

    def upsert(self, name, points):
        made = [edge.Point(one.id, {key: vector(v) for key, v in one.vector.items()}, one.payload or {}) for one in points]
        self.shard(name).update(edge.UpdateOperation.upsert_points(made))
        return {"operation_id": 0, "status": "completed"}

    def delete(self, name, selector):
        if isinstance(selector, m.FilterSelector):
            change = edge.UpdateOperation.delete_points_by_filter(filtered(selector.filter))
        else:
            change = edge.UpdateOperation.delete_points(selector.points)
        self.shard(name).update(change)
        return {"operation_id": 0, "status": "completed"}

    def retrieve(self, name, ids, with_payload, with_vectors):
        return [shown(one) for one in self.shard(name).retrieve(ids, with_payload=with_payload, with_vector=with_vectors)]

    def create_payload_index(self, name, field_name, field_schema):
        assert field_schema == m.PayloadSchemaType.KEYWORD
        self.shard(name).update(edge.UpdateOperation.create_field_index(field_name, edge.PayloadSchemaType.Keyword))
        return {"operation_id": 0, "status": "completed"}

    def scroll(self, name, scroll_filter, limit, offset, with_payload, with_vectors):
        request = edge.ScrollRequest(
            offset=offset, limit=limit, filter=filtered(scroll_filter), with_payload=with_payload, with_vector=with_vectors
        )
        found, following = self.shard(name).scroll(request)
        return [shown(one) for one in found], following and str(following)

    def count(self, name, asked):
        return {"count": self.shard(name).count(edge.CountRequest(exact=True, filter=filtered(asked)))}

    def query_points(self, name, query, using, prefetch, query_filter, search_params, limit, offset, score_threshold,
                     with_payload, with_vectors):  # fmt: skip
        request = edge.QueryRequest(
            limit, offset=offset or 0, query=edge.Query.Nearest(vector(query), using), prefetches=prefetches(prefetch),
            filter=filtered(query_filter), params=params(search_params), score_threshold=score_threshold,
            with_payload=with_payload, with_vector=with_vectors,
        )  # fmt: skip
        return {"points": [{**shown(one), "score": one.score} for one in self.shard(name).query(request)]}


def dense(one):
    multi, graph, quantized = one.multivector_config, one.hnsw_config, one.quantization_config
    return edge.EdgeVectorParams(
        one.size,
        getattr(edge.Distance, one.distance.value),
        on_disk=one.on_disk,
        multivector_config=multi and edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim),
        datatype=one.datatype and getattr(edge.VectorStorageDatatype, one.datatype.value.capitalize()),
        quantization_config=quantized and quantization(quantized),
        hnsw_config=graph and edge.HnswIndexConfig(graph.m, 100, 10_000),
    )


def quantization(config):
    if isinstance(config, m.BinaryQuantization):
        return edge.BinaryQuantizationConfig(always_ram=config.binary.always_ram)
    scalar = config.scalar
    return edge.ScalarQuantizationConfig(edge.ScalarType.Int8, scalar.quantile, scalar.always_ram)


def sparse(one):
    return edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf if one.modifier == m.Modifier.IDF else None)


def vector(given):
    return edge.SparseVector(given.indices, given.values) if isinstance(given, m.SparseVector) else given


def prefetches(given):
    listed = given if isinstance(given, list) else [given] if given else []
    return [
        edge.Prefetch(
            one.limit or 10, query=edge.Query.Nearest(vector(one.query), one.using), prefetches=prefetches(one.prefetch),
            params=params(one.params), filter=filtered(one.filter), score_threshold=one.score_threshold,
        )
        for one in listed
    ]  # fmt: skip


def params(given):
    if given is None:
        return None
    quantized = given.quantization
    return edge.SearchParams(
        exact=bool(given.exact), quantization=quantized and edge.QuantizationSearchParams(rescore=quantized.rescore)
    )


def filtered(given):
    if given is None:
        return None
    parts = {key: conditions(getattr(given, key)) for key in ("must", "should", "must_not")}
    return edge.Filter(**{key: part for key, part in parts.items() if part})


def conditions(given):
    return [condition(one) for one in (given if isinstance(given, list) else [given] if given else [])]


def condition(one):
    if isinstance(one, m.HasIdCondition):
        return edge.HasIdCondition(set(one.has_id))
    match, between = one.match, one.range
    if isinstance(match, m.MatchAny):
        return edge.FieldCondition(one.key, match=edge.MatchAny(match.any))
    if isinstance(match, m.MatchValue):
        return edge.FieldCondition(one.key, match=edge.MatchValue(match.value))
    limits = edge.RangeFloat(gte=between.gte, gt=between.gt, lte=between.lte, lt=between.lt)
    return edge.FieldCondition(one.key, range=limits)


def shown(one):
    return {"id": str(one.id), "version": 0, "payload": one.payload}
