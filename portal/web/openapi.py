"""The description of every machine call (OpenAPI 3.1), made from the doors themselves so that it cannot lie."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from portal import __version__
from portal.web.room import Door

PROBLEM = {
    "description": "A refusal (RFC 9457)",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "code", "detail", "next_step"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "next_step": {"type": "string"},
                },
            }
        }
    },
}
KEY = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "maxLength": 100}}


def describe(doors: Iterable[Door], base_url: str, city: str) -> dict[str, Any]:
    """The whole document as JSON-ready dicts."""
    doors = [door for door in doors if door.machine]
    models = {model for door in doors for model in (door.body, door.answer) if model is not None}
    # Two rooms may have a model of the same name: only pydantic knows what it called each.
    references, schemas = models_json_schema(
        [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, dict[str, Any]] = {}
    for door in doors:
        paths.setdefault(_path(door.path), {})[door.methods[0].lower()] = _operation(door, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{city} portal", "version": __version__},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "responses": {"Problem": PROBLEM},
            "securitySchemes": {
                "client": {
                    "type": "oauth2",
                    "description": "private_key_jwt (RFC 7523) at the token endpoint",
                    "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": _scopes(doors)}},
                }
            },
        },
    }


def _scopes(doors: Iterable[Door]) -> dict[str, str]:
    return {str(door.access.scope): str(door.access.scope) for door in doors if door.access.scope}


def _path(rule: str) -> str:
    """Flask's `<uuid:session>` as OpenAPI's `{session}`."""
    parts = [
        "{" + part[1:-1].rpartition(":")[2] + "}" if part.startswith("<") and part.endswith(">") else part
        for part in rule.split("/")
    ]
    return "/".join(parts)


def _operation(door: Door, references: Mapping[Any, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
        for part in _path(door.path).split("/")
        if part.startswith("{")
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": {"type": kind}} for name, kind in door.query.items()
    ]
    if door.methods[0] != "GET":
        parameters.append(KEY)
    success: dict[str, Any] = {"description": "Done"}
    if door.answer is not None:
        success["content"] = {"application/json": {"schema": references[door.answer, "validation"]}}
    operation: dict[str, Any] = {
        "operationId": door.endpoint.replace(".", "_"),
        "summary": door.summary,
        "parameters": parameters,
        "responses": {str(door.status): success, "default": {"$ref": "#/components/responses/Problem"}},
    }
    if door.access.scope:
        operation["security"] = [{"client": [str(door.access.scope)]}]
    if door.body is not None:
        schema = references[door.body, "validation"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation
