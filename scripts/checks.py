"""A check for each named statement of docs/inside/gateway.md, in its order. Pure."""

from __future__ import annotations

import json

from scripts.chat_checks import CHECKS, check, one_line
from scripts.recorded import Interaction
from scripts.tape import Finding, Tape

__all__ = ["ABOUT_ERRORS", "CHECKS"]

# A failed reply is what these are about.
ABOUT_ERRORS = {"json-type", "error-shape", "wrong-key", "stream-refusal", "malformed"}
ABOUT_ERRORS |= {"unknown-model", "wrong-path"}


# --- errors ---


@check("error-shape")
def _error_shape(tape: Tape) -> Finding:
    error = tape["wrong_key"].json["error"]
    agrees = {"message", "type", "code"} <= error.keys() and isinstance(error["code"], str)
    return Finding(agrees, json.dumps(error))


@check("wrong-key")
def _wrong_key(tape: Tape) -> Finding:
    reply = tape["wrong_key"]
    code = reply.json["error"].get("code")
    return Finding((reply.status, code) == (401, ""), f"{reply.status}, code {code!r}")


@check("stream-refusal")
def _stream_refusal(tape: Tape) -> Finding:
    plain, streamed = tape["wrong_key"].status, tape["wrong_key_streamed"].status
    return Finding(streamed == plain != 200, f"{streamed}, as a whole reply {plain}")


@check("malformed")
def _malformed(tape: Tape) -> Finding:
    return _refusal(tape["malformed"], 500, "invalid_request")


@check("unknown-model")
def _unknown_model(tape: Tape) -> Finding:
    return _refusal(tape["unknown_model"], 503, "model_not_found")


def _refusal(reply: Interaction, status: int, code: str) -> Finding:
    found = reply.json["error"].get("code")
    return Finding((reply.status, found) == (status, code), f"{reply.status}, code {found!r}")


@check("wrong-path")
def _wrong_path(tape: Tape) -> Finding:
    reply = tape["wrong_path"]
    message = reply.json["error"]["message"]
    return Finding(reply.status == 404 and reply.path in message, f"{reply.status}, {message!r}")


# --- the model list ---


@check("models")
def _models(tape: Tape) -> Finding:
    models = tape["models"].json["data"]
    agrees = bool(models) and all({"id", "owned_by", "created"} <= one.keys() for one in models)
    return Finding(agrees, f"{len(models)} models")


@check("endpoint-types")
def _endpoint_types(tape: Tape) -> Finding:
    models = tape["models"].json["data"]
    types = [one.get("supported_endpoint_types") for one in models]
    return Finding(any("openai" in (one or ()) for one in types), one_line(types)[:120])


# --- keys, prices, embeddings ---


@check("key-status")
def _key_status(tape: Tape) -> Finding:
    status = tape["key_status"].json["data"]
    fields = {"total_granted", "total_used", "total_available", "unlimited_quota"}
    return Finding(fields <= status.keys(), one_line(sorted(status)))


@check("prices")
def _prices(tape: Tape) -> Finding:
    models = tape["prices"].json["data"]
    fields = {"model_name", "quota_type", "model_ratio", "model_price", "completion_ratio"}
    return Finding(bool(models) and fields <= models[0].keys(), f"{len(models)} models")


@check("embeddings")
def _embeddings(tape: Tape) -> Finding:
    reply = tape["embeddings"]
    places = sorted(one["index"] for one in reply.json["data"])
    return Finding(places == list(range(len(reply.sent["input"]))), f"{len(places)} vectors")
