"""Writes the OpenAPI document that the editor's types are generated from.

Run it as `python -m primage.studio.server.openapi FILE`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from primage._version import __version__
from primage.http.errors import Problem
from primage.studio.messages import MESSAGES
from primage.studio.opened import OpenedFile
from primage.studio.selection import Selected


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, including schemas of the WebSocket's messages and of refusals.

    Args:
        app: the studio.

    Returns:
        JSON data.
    """
    schema = get_openapi(title="Primage studio", version=__version__, routes=app.routes)
    headers: tuple[type[BaseModel], ...] = (*MESSAGES, OpenedFile, Selected, Problem)
    _, messages = models_json_schema(
        [(header, "validation") for header in headers], ref_template="#/components/schemas/{model}"
    )
    schema["components"]["schemas"] = messages["$defs"] | schema["components"]["schemas"]
    for part in ("components", "paths"):
        schema[part] = _untitled(schema[part])
    _share_refusal(schema)
    return schema


def _untitled(part: Any) -> Any:
    """A part of a document without titles and summaries, which only repeat the names of fields and routes."""
    if isinstance(part, list):
        return [_untitled(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {key: each for key, each in part.items() if key not in ("title", "summary") or not isinstance(each, str)}
    return {key: _untitled(each) for key, each in kept.items()}


def _share_refusal(schema: dict[str, Any]) -> None:
    """Describe once how a request is refused, which is the same for all routes."""
    for operation in (operation for path in schema["paths"].values() for operation in path.values()):
        if (refusal := operation["responses"].get("default")) is not None:
            schema["components"].setdefault("responses", {})["Refusal"] = refusal
            operation["responses"]["default"] = {"$ref": "#/components/responses/Refusal"}


def main(path: Path) -> None:
    """Write the document with sorted keys, each on a line of its own, so that versions can be compared.

    Args:
        path: the file.
    """
    from primage.studio.server.app import routes_only

    text = json.dumps(document(routes_only()), indent=0, sort_keys=True, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
