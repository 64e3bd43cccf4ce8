"""Defines the routes of the service: each reads a request, asks the run that is served, and replies in JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from http import HTTPStatus
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from dialin.errors import DialinError
from dialin.serve.batches import Batches, Told
from dialin.serve.bodies import JSON, NDJSON, body_of, form_of_body
from dialin.serve.gate import Gate, fault, place_of
from dialin.serve.metrics import Metrics
from dialin.serve.openapi import description_of
from dialin.serve.questions import COST_OF_CUT, Inquiry, parsed, to_dialogues, to_parse, to_predict, to_predict_lines
from dialin.serve.replies import (
    dialogues_of,
    heading_of,
    in_json,
    in_rasa_form,
    prediction,
    prediction_lines,
    stopped_line,
    version_reply,
)
from dialin.serve.rules import Rules
from dialin.serve.served import Shelf
from dialin.serve.stopping import Stopping

LOOK_SECONDS = 0.5
"""Time between two looks at whether the run has changed."""
LINES_AT_ONCE = 128
"""Lines of NDJSON that are answered at once: others get their turn between. Fewer if some are cut."""
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
PAGES = {"docs": "text/html", "docs.css": "text/css", "docs.js": "text/javascript"}


def http_service(shelf: Shelf, rules: Rules, on_note: Callable[[str], None], stopping: Stopping | None = None) -> Gate:
    """Return the service as an application.

    Parameters
    ----------
    shelf : Shelf
        Holds the run that is served.
    rules : Rules
        What the service asks of its callers.
    on_note : callable
        Told in one line what went wrong inside, without any text of a request.
    stopping : Stopping, optional
        Tells a stream of lines when to end; without it, none has to.
    """
    metrics = Metrics()
    site = _Service(shelf, rules, metrics, on_note)
    site.stopping = stopping or site.stopping
    routes = [
        Route("/", _always(lambda: RedirectResponse("/docs"))),
        Route("/predict", site.predict, methods=["POST"]),
        Route("/dialogues", site.dialogues, methods=["POST"]),
        Route("/model/parse", site.parse, methods=["POST"]),
        Route("/intents", site.intents),
        Route("/intents/{intent_id}", site.intent),
        Route("/version", site.version),
        Route("/health", _always(lambda: _reply({"status": "alive"}))),
        Route("/ready", site.ready),
        Route("/metrics", _always(lambda: Response(metrics.text(), media_type=PROMETHEUS))),
        Route("/openapi.json", _always(lambda: _reply(description_of(rules)))),
        *(Route(f"/{name}", _always(partial(_page, name))) for name in PAGES),
    ]
    errors: dict[Any, Any] = {HTTPException: _refused, DialinError: site.failed, Exception: _broken}
    return Gate(Starlette(routes=routes, exception_handlers=errors, lifespan=site.life), rules, metrics, on_note)


class _Service:
    """Handlers of all routes, with what they share."""

    def __init__(self, shelf: Shelf, rules: Rules, metrics: Metrics, on_note: Callable[[str], None]) -> None:
        self.shelf, self.rules, self.metrics, self.on_note = shelf, rules, metrics, on_note
        self.stopping, self.is_ready = Stopping(), False

    @asynccontextmanager
    async def life(self, _: Starlette) -> AsyncIterator[None]:
        """Run the queue and the look at the run while the server does."""
        self.batches = Batches(lambda: self.shelf.current, self.rules.window, self.rules.max_waiting)
        async with self.batches.running():
            tasks = [asyncio.create_task(self._warm_up()), asyncio.create_task(self._watch())]
            try:
                yield
            finally:
                self.is_ready = False
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _warm_up(self) -> None:
        """Load the model with a first sentence, so that no caller waits for that."""
        try:
            await self.batches.ask(to_predict({"text": "hello"}, 1))
        except (DialinError, HTTPException) as error:
            self.on_note(f"the model does not answer yet: {place_of(error)}")
        self.is_ready = True

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.shelf.is_due:
                self.metrics.renewal(worked=await asyncio.to_thread(self.shelf.renew))

    # --- questions ---

    async def predict(self, request: Request) -> Response:
        form = form_of_body(request, (JSON, NDJSON))
        body = await body_of(request, self.rules)
        if form == NDJSON:
            return await self._lines(to_predict_lines(body))
        question = to_predict(parsed(body), self.rules.max_texts)
        return _reply(prediction(question, await self._told(question)))

    async def dialogues(self, request: Request) -> Response:
        ids, question = to_dialogues(await self._value(request), self.rules.max_texts)
        return _reply(dialogues_of(ids, question, await self._told(question)))

    async def parse(self, request: Request) -> Response:
        value = await self._value(request)
        question, message_id = to_parse(value)
        return _reply(in_rasa_form(value["text"], message_id, await self._told(question)))

    async def _value(self, request: Request) -> Any:
        form_of_body(request, (JSON,))
        return parsed(await body_of(request, self.rules))

    async def _told(self, question: Inquiry, *, patient: bool = False) -> Told:
        if not question.ids:
            return Told([], self.shelf.current)
        told = await self.batches.ask(question, patient=patient)
        self.metrics.told(told)
        return told

    async def _lines(self, question: Inquiry) -> Response:
        """Answer some lines at once, and send their answers before the next; the first part may still be refused.

        A stream that is not at its end when the service stops ends with a line that says so.
        """
        step = LINES_AT_ONCE // (COST_OF_CUT if any(question.is_multi) else 1)
        first = question.slice(0, step)
        told = await self._told(first)

        async def answers() -> AsyncIterator[bytes]:
            yield prediction_lines(first, told)
            for place in range(step, len(question.ids), step):
                if self.stopping.is_over:
                    yield stopped_line(place, len(question.ids))
                    return
                part = question.slice(place, step)
                yield prediction_lines(part, await self._told(part, patient=True))

        return StreamingResponse(answers(), media_type=NDJSON)

    # --- what is served ---

    async def intents(self, _: Request) -> Response:
        served = self.shelf.current
        return _reply(heading_of(served) | {"intents": list(served.intents.values())})

    async def intent(self, request: Request) -> Response:
        served, name = self.shelf.current, request.path_params["intent_id"]
        found = served.intents.get(int(name)) if name.isascii() and name.isdecimal() and len(name) < 19 else None
        if found is None:
            raise HTTPException(404, "the run has no such intent")
        return _reply(heading_of(served) | found)

    async def version(self, _: Request) -> Response:
        return _reply(version_reply(self.shelf.current, self.shelf.failure))

    async def ready(self, _: Request) -> Response:
        if not self.is_ready:
            return fault(503, "the model is not loaded", {"Retry-After": "1"})
        return _reply({"status": "ready"})

    async def failed(self, _: Request, error: Exception) -> Response:
        """Reply that the model does not answer, such as one on a server that is down."""
        self.on_note(f"a request failed: {place_of(error)}")
        return fault(503, "the model cannot answer now", {"Retry-After": "5"})


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    usual = {404: "there is no such path", 405: f"use {headers.get('Allow', 'another method')} here"}
    is_own = error.detail != HTTPStatus(error.status_code).phrase
    return fault(error.status_code, error.detail if is_own else usual[error.status_code], headers)


async def _broken(_: Request, __: Exception) -> Response:
    return fault(500, "the service failed")


def _reply(value: Any) -> Response:
    return Response(in_json(value), media_type=JSON)


def _always(reply: Callable[[], Response]) -> Callable[[Request], Awaitable[Response]]:
    """Return a handler whose reply does not depend on the request."""

    async def handler(_: Request) -> Response:
        return reply()

    return handler


@cache
def _text(name: str) -> str:
    return resources.files("dialin.serve").joinpath("pages", name).read_text("utf-8")


def _page(name: str) -> Response:
    return Response(_text(f"{name}.html" if name == "docs" else name), media_type=PAGES[name])
