"""Describes the service in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from dialin import __version__
from dialin.serve.questions import CUT_CHARACTERS, LONGEST_CUT, MOST_TOP, USUAL_TOP
from dialin.serve.rules import Rules

Schema = dict[str, Any]
REFUSALS = {
    "401": "The API key is missing or wrong.",
    "404": "There is no such path or intent.",
    "408": "The body did not arrive in time.",
    "413": "The body is too long.",
    "415": "The body is of another media type, or compressed.",
    "421": "The Host header is not one of this service.",
    "422": "The body is not what it should be; the message says where.",
    "503": "The service is busy or not ready; Retry-After says when to come back.",
}


def description_of(rules: Rules) -> Schema:
    """Return the OpenAPI description of the service, with its limits, and with the key if it asks for one."""
    found: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "dialin serve",
            "version": __version__,
            "description": "Which intents utterances have, as `dialin predict` decides it.",
        },
        "paths": paths_of(rules),
        "components": {"schemas": SCHEMAS},
    }
    if rules.key:
        schemes = {
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "bearer": {"type": "http", "scheme": "bearer"},
        }
        found["components"]["securitySchemes"] = schemes
    return found


def paths_of(rules: Rules) -> Schema:
    """Return the operations of the service."""
    found = questions_in(rules) | shown_in()
    for operation in (each for path in found.values() for each in path.values() if rules.key):
        operation["security"] = [{"header": []}, {"bearer": []}]
        operation["responses"]["401"] = _error("401")
    status = _json("It is.", _ref("Status"))
    return found | {
        "/health": {"get": _operation("Whether the process lives", status, ())},
        "/ready": {"get": _operation("Whether the model is loaded", status, ("503",))},
    }


def questions_in(rules: Rules) -> Schema:
    """Return the operations that ask the model."""
    refusals = ("408", "413", "415", "422", "503")
    dialogues = _json("The intent of each turn, and the main reason of each dialogue.", _ref("Dialogues"))
    parse = _json("As Rasa's own server replies.", _ref("Parse"))
    post = {
        "/predict": ("Intents of utterances", _answer_of_predict(), _predict_body(rules)),
        "/dialogues": ("Main reason of dialogues", dialogues, _body({"application/json": _dialogues_body(rules)})),
        "/model/parse": ("Intent of a text in Rasa's form", parse, _body({"application/json": _ref("ParseRequest")})),
    }
    return {
        path: {"post": _operation(summary, answer, refusals) | {"requestBody": body}}
        for path, (summary, answer, body) in post.items()
    }


def shown_in() -> Schema:
    """Return the operations that show what is served."""
    number = {"name": "intent_id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
    one = _operation("One intent", _json("The intent.", _ref("NamedIntent")), ("404",)) | {"parameters": [number]}
    return {
        "/intents": {"get": _operation("All intents", _json("The intents.", _ref("Intents")), ())},
        "/intents/{intent_id}": {"get": one},
        "/version": {"get": _operation("What is served", _json("The version.", _ref("Version")), ())},
        "/metrics": {"get": _operation("Counts for Prometheus", _plain("The counts."), ())},
    }


def _operation(summary: str, answer: Schema, refusals: tuple[str, ...]) -> Schema:
    return {"summary": summary, "responses": {"200": answer} | {each: _error(each) for each in ("421", *refusals)}}


def _error(status: str) -> Schema:
    return _json(REFUSALS[status], _ref("Error"))


def _predict_body(rules: Rules) -> Schema:
    texts, asked = {"type": "array", "maxItems": rules.max_texts}, _asked_in(rules)
    forms = [
        _object({"text": TEXT, **asked}, ["text"]),
        _object({"texts": texts | {"items": TEXT}, **asked}, ["texts"]),
        _object({"utterances": texts | {"items": _ref("Utterance")}, **asked}, ["utterances"]),
    ]
    lines = {"type": "string", "description": "An utterance a line, each with its own top_k and multi or without."}
    example = '{"id": "a", "text": "Where is my parcel?"}\n{"id": "b", "text": "我要退款", "multi": true}\n'
    found = _body({"application/json": {"oneOf": forms}, "application/x-ndjson": lines})
    found["content"]["application/json"]["example"] = {"texts": ["Where is my parcel?", "我要退款"], "top_k": 3}
    found["content"]["application/x-ndjson"]["example"] = example
    return found


def _answer_of_predict() -> Schema:
    found = _json("The intent of each utterance.", _ref("Prediction"))
    lines = {"type": "string", "description": "For each line, its result with run and version."}
    found["content"]["application/x-ndjson"] = {"schema": lines}
    return found


def _dialogues_body(rules: Rules) -> Schema:
    turns = {"type": "array", "minItems": 1, "maxItems": rules.max_texts, "items": _ref("Utterance")}
    dialogue = _object({"id": ID_OR_NONE, "turns": turns}, ["turns"])
    dialogues = {"type": "array", "maxItems": rules.max_texts, "items": dialogue}
    return _object({"dialogues": dialogues, **_asked_in(rules)}, ["dialogues"])


def _asked_in(rules: Rules) -> Schema:
    """Return the fields that say what is asked about utterances."""
    most = CUT_CHARACTERS * rules.max_texts
    what = "Whether to tell every intent that an utterance states. Then it has "
    what += f"at most {LONGEST_CUT:,} characters, and the utterances of a JSON request have {most:,} together."
    return {"top_k": TOP, "multi": {"type": "boolean", "default": False, "description": what}}


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    """Return the schema of an object with these properties and no others."""
    needed = list(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _body(forms: Schema) -> Schema:
    return {"required": True, "content": {form: {"schema": schema} for form, schema in forms.items()}}


def _json(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _plain(description: str) -> Schema:
    return {"description": description, "content": {"text/plain": {"schema": {"type": "string"}}}}


TEXT: Schema = {"type": "string"}
ID: Schema = {"type": ["string", "integer"]}
ID_OR_NONE: Schema = {
    "type": ["string", "integer", "null"],
    "description": "What the caller calls it; by default its place from 0.",
}
TOP: Schema = {"type": "integer", "minimum": 0, "maximum": MOST_TOP, "default": USUAL_TOP}
_P: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_PLACE: Schema = {"type": "integer", "minimum": 0}
_INTENT: Schema = {"type": "integer", "minimum": -1, "description": "-1 for none."}
_HEADING: Schema = {"run": TEXT, "version": {"type": "string", "pattern": "^[0-9a-f]{12}$"}}
_ONE_INTENT: Schema = {
    "intent_id": {"type": "integer", "minimum": 0},
    **dict.fromkeys(("name", "description", "kind"), TEXT),
    "role": {"type": ["string", "null"]},
    **{name: {"type": "integer", "minimum": 1} for name in ("size", "n_occurrences")},
    "share": _P,
    "p_good": {"type": ["number", "null"]},
    "examples": _list_of(TEXT),
}
SCHEMAS: Schema = {
    "Error": _object({"error": TEXT}),
    "Status": _object({"status": TEXT}),
    "Utterance": _object({"id": ID_OR_NONE, "text": TEXT, "role": {"type": ["string", "null"]}}, ["text"]),
    "Likely": _object({"intent_id": {"type": "integer", "minimum": 0}, "name": TEXT, "p": _P}),
    "Stated": _object(
        {
            "start": _PLACE | {"description": "The first character, a Unicode code point of text, counted from 0."},
            "end": _PLACE | {"description": "The character after the last."},
            "intent_id": _PLACE,
            "name": TEXT,
            "p_intent": _P | {"description": "P(the intent | this part of the utterance alone)."},
        }
    ),
    "Result": _object(
        {
            "id": ID,
            "intent_id": _INTENT,
            "intent": {"type": "string", "description": "Name of the intent; empty for none."},
            "p_intent": _P,
            "ranking": _list_of(_ref("Likely")),
            "reason": {"enum": ["", "far", "blank", "not a need", "person"], "description": "Why there is no intent."},
            "text": {"type": ["string", "null"], "description": "With multi: the utterance as it was read."},
            "intents": _list_of(_ref("Stated")) | {"description": "With multi: the intents that it states, in order."},
        },
        ["id", "intent_id", "intent", "p_intent", "ranking", "reason"],
    ),
    "Prediction": _object(_HEADING | {"results": _list_of(_ref("Result"))}),
    "Reason": _object({"intent_id": {"type": "integer", "minimum": 0}, "intent": TEXT}),
    "Dialogue": _object(
        {"id": ID, "main_reason": {"anyOf": [_ref("Reason"), {"type": "null"}]}, "turns": _list_of(_ref("Result"))}
    ),
    "Dialogues": _object(_HEADING | {"dialogues": _list_of(_ref("Dialogue"))}),
    "ParseRequest": {"type": "object", "properties": {"text": TEXT, "message_id": ID_OR_NONE}, "required": ["text"]},
    "Confidence": _object({"name": TEXT, "confidence": _P}),
    "Parse": _object(
        {
            "text": TEXT,
            "message_id": ID_OR_NONE,
            "intent": _ref("Confidence"),
            "entities": {"type": "array", "maxItems": 0},
            "intent_ranking": _list_of(_ref("Confidence")),
        }
    ),
    "OneIntent": _object(_ONE_INTENT),
    "NamedIntent": _object(_HEADING | _ONE_INTENT),
    "Intents": _object(_HEADING | {"intents": _list_of(_ref("OneIntent"))}),
    "Version": _object(
        _HEADING
        | {"dialin": TEXT, "embedder": TEXT, "n_intents": {"type": "integer", "minimum": 0}, "loaded_at": TEXT}
        | {"failure": {"type": "string", "description": "Why a newer version is not served; empty for nothing."}}
    ),
}
"""The objects of requests and replies."""
