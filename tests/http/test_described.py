"""The OpenAPI documents say how requests are refused, on every route."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from primage.serve.app import create_app
from primage.serve.options import Options
from primage.serve.security import Access
from primage.studio.server.app import routes_only
from primage.studio.server.openapi import document


def serve_document(run: Path) -> dict[str, Any]:
    return create_app(Options((run,)), Access("a" * 20, frozenset({"127.0.0.1:1"}), 1)).openapi()


@pytest.mark.parametrize("server", ["studio", "serve"])
def test_every_route_describes_its_refusals(server: str, tmp_path: Path) -> None:
    found = document(routes_only()) if server == "studio" else serve_document(tmp_path)
    assert {"code", "message"} <= found["components"]["schemas"]["Problem"]["properties"].keys()
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            described = answers["default"]
            if "$ref" in described:  # the studio's document has it once
                described = found["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
            assert described["content"] == refusal, (method, path)
            assert "422" not in answers, (method, path)  # FastAPI's own form, which no answer has
