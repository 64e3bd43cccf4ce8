"""Define the routes of the review: each reads the URL, gets one dataclass from `pages`, and renders it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dialin.errors import InputError
from dialin.files import quoted
from dialin.review.edits import Redo, Undo, Vote
from dialin.review.state import NO_INTENT
from dialin.review.verdicts import JUDGES, VERIFIERS
from dialin.runs.run import Run
from dialin.web import annotation, events, pages
from dialin.web.asked import (
    MAX_USER,
    NAME_COOKIE,
    form_in,
    intent_in,
    list_in,
    local,
    page_in,
    query_number,
    user_in,
)
from dialin.web.bulk import BULK, accepted_at_once
from dialin.web.desk import Desk, View
from dialin.web.forms import Form, decision, seen_in
from dialin.web.groups_page import groups_page
from dialin.web.guard import Guard
from dialin.web.rendered import ASSETS, asset_of, page_templates
from dialin.web.seen import StaleError
from dialin.web.take_out import archive_of, take_out_page
from dialin.web.tree_page import branch_decision, tree_page

N_OFFERED = 200
"""Names of listed intents without sentences that a field offers."""
NO_SUCH_INTENT = -2
"""Cluster id that matches no cluster, used if the URL names no cluster."""
TURNS: dict[str, type[Undo] | type[Redo]] = {"undo": Undo, "redo": Redo}


@dataclass(frozen=True)
class Access:
    """Access rules of a review or annotation.

    Parameters
    ----------
    token : str
        Secret in the URL to edit.
    user : str
        Default name of people who have not entered one.
    port : int
        Port of the server; it is part of the cookie's name, because browsers share cookies between ports.
    hosts : frozenset of str
        Accepted values of the Host header, as in `Guard`.
    group : int
        Group that people join in an annotation, 1 or 2; 0 for a review.
    reader : str
        Secret in the URL to only read.
    """

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    user: str = ""
    port: int = 0
    hosts: frozenset[str] = frozenset()
    group: int = 0
    reader: str = field(default_factory=lambda: secrets.token_urlsafe(24))


def app_of(run: Run, access: Access) -> Guard:
    """Return the review or annotation of a run as an application; raise InputError if it or its log is damaged."""
    site = _Site(Desk(run), access)
    site.desk.view()
    routes = [
        Route("/", site.progress if access.group else site.overview),
        Route("/intents", site.overview),
        Route("/progress", site.progress),
        Route("/judge", site.judge),
        Route("/verify", site.verify),
        Route("/naming", site.naming),
        Route("/share-out", site.share_out),
        Route("/intent/{intent}", site.intent),
        Route("/unassigned", site.unassigned),
        Route("/intent/{intent}/split", site.split),
        Route("/groups", site.groups),
        Route("/search", site.search),
        Route("/tree", site.tree),
        Route("/log", site.log),
        Route("/export", site.export),
        Route("/export.zip", site.archive),
        Route("/edit", site.edit, methods=["POST"]),
        Route("/name", site.rename_user, methods=["POST"]),
        *(Route(f"/{name}", asset_of(name)) for name in ASSETS),
    ]
    errors: dict[Any, Any] = {StaleError: site.stale, InputError: site.refused, 404: _missing}
    inner = Starlette(routes=routes, exception_handlers=errors)
    return Guard(inner, access.token, access.reader, f"dialin-{access.port}", access.hosts)


class _Site:
    """Handlers of all routes, with the desk and the access rules that they share."""

    def __init__(self, desk: Desk, access: Access) -> None:
        self.desk, self.access = desk, access

    # --- pages ---

    def overview(self, request: Request) -> Response:
        view = self.desk.view()
        return self._page(request, view, "overview", pages.overview(view, page_in(request), list_in(request)))

    def intent(self, request: Request) -> Response:
        view, intent = self.desk.view(), intent_in(request)
        if intent not in view.state.intents:
            return self._message(
                request, "This intent no longer exists: it was merged or split, or its creation was undone.", 404
            )
        page = pages.intent_page(view, intent, page_in(request), list_in(request))
        return self._page(request, view, "intent", page)

    def unassigned(self, request: Request) -> Response:
        view = self.desk.view()
        return self._page(request, view, "intent", pages.intent_page(view, NO_INTENT, page_in(request)))

    def split(self, request: Request) -> Response:
        view, intent = self.desk.view(), intent_in(request)
        k = query_number(request, "parts", 2)
        page = pages.split_page(view, intent, k) if intent in view.state.intents else None
        if page is None:
            return self._message(request, "There is nothing to split.", 404)
        return self._page(request, view, "split", page)

    def groups(self, request: Request) -> Response:
        view = self.desk.view()
        return self._page(request, view, "groups", groups_page(view))

    def search(self, request: Request) -> Response:
        view, words = self.desk.view(), request.query_params.get("q", "")[:500]
        return self._page(request, view, "search", pages.search_page(view, words, page_in(request)))

    def tree(self, request: Request) -> Response:
        view = self.desk.view()
        return self._page(request, view, "tree", tree_page(view))

    def log(self, request: Request) -> Response:
        view = self.desk.view()
        return self._page(request, view, "log", events.log_page(view, page_in(request), self._user(request)))

    def export(self, request: Request) -> Response:
        view = self.desk.view()
        return self._page(request, view, "export", take_out_page(view))

    def archive(self, request: Request) -> Response:
        try:
            name, data = archive_of(self.desk.view(), request.query_params)
        except InputError as error:
            return self._message(request, f"Nothing was exported: {error}.", 409)
        return Response(
            data, media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    # --- pages of an annotation ---

    def progress(self, request: Request) -> Response:
        view = self.desk.view()
        return self._page(request, view, "progress", annotation.progress_page(view))

    def judge(self, request: Request) -> Response:
        return self._judged(request, JUDGES)

    def verify(self, request: Request) -> Response:
        return self._judged(request, VERIFIERS)

    def _judged(self, request: Request, group: int) -> Response:
        if not request.state.can_edit:
            return self._message(request, "Your address is for reading only: it gives no verdicts.", 403)
        view, user = self.desk.view(), self._user(request)
        own = view.state.judged.groups.get(user, group)
        if own != group or not user or NAME_COOKIE not in request.cookies:  # unnamed people would count as one
            return self._page(request, view, "who", own if own != group else 0)
        after, n_shown = query_number(request, "after", -1), query_number(request, "shown", 0)
        page = annotation.judge_page(view, group, user, after, n_shown)
        if page is None:
            return self.progress(request)
        return self._page(request, view, "judge", page)

    def naming(self, request: Request) -> Response:
        view = self.desk.view()
        page = annotation.name_page(view, query_number(request, "after", -1))
        return self._page(request, view, "naming", page) if page else self.progress(request)

    def share_out(self, request: Request) -> Response:
        view = self.desk.view()
        is_loose = request.query_params.get("cluster") == "none"
        intent = NO_INTENT if is_loose else query_number(request, "cluster", NO_SUCH_INTENT)
        page = annotation.share_page(view, intent, page_in(request))
        return self._page(request, view, "share", page) if page else self.progress(request)

    # --- writes ---

    async def edit(self, request: Request) -> Response:
        form = await form_in(request)
        return await run_in_threadpool(self._edited, form, self._user(request))

    def _edited(self, form: Form, by: str) -> Response:
        if form.one("do") in TURNS:
            return RedirectResponse(self._turned(form, by) or self._next(form), 303)
        if form.one("do") in BULK:
            self.desk.accept_all(by, *accepted_at_once(form, self.desk.view()))
        else:
            self.desk.decide(by, branch_decision(form) or decision(form, self.desk.newer), seen_in(form))
        return RedirectResponse(self._next(form), 303)

    def _turned(self, form: Form, by: str) -> str:
        """Undo or redo; return the URL to go to after the undo of a verdict, else ""."""
        turn, line = TURNS[form.one("do")], form.number("line") if form.one("line") else None
        turned = self.desk.turn(by, line, turn, seen_in(form))
        return self._judged_on(turned) if turn is Undo and line is None else ""

    def _judged_on(self, line: int) -> str:
        """Return the URL of the page on which a line's verdict was given; "" if the line is not a verdict."""
        edit = next(entry.edit for entry in self.desk.view().entries if entry.line == line)
        if not isinstance(edit, Vote):
            return ""
        path = "/judge" if edit.group == JUDGES else "/verify"
        return f"{path}?after={edit.intent - 1}" if edit.intent else path

    def _next(self, form: Form) -> str:
        """Return the page that the form names as the next one, or "/" if its intent no longer exists."""
        path = local(form.one("next"))
        shown = re.match(r"/intent/(\d{1,12})", path)
        is_gone = shown and int(shown[1]) not in self.desk.view().state.intents
        return "/" if is_gone else path

    async def rename_user(self, request: Request) -> Response:
        form = await form_in(request)
        answer = RedirectResponse(local(form.one("next")), 303)
        value = quote(form.name("user")[:MAX_USER])
        answer.set_cookie(NAME_COOKIE, value, httponly=True, samesite="strict", path="/", max_age=31_536_000)
        return answer

    # --- responses ---

    def _user(self, request: Request) -> str:
        return user_in(request, self.access.user)

    def _page(self, request: Request, view: View, template: str, page: object) -> Response:
        user = self._user(request)
        html = (
            page_templates()
            .get_template(f"{template}.html.j2")
            .render(
                page=page,
                user=user,
                here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
                run=view.run.folder.name,
                folder=quoted(view.run.folder),
                last=events.event(view, view.entries[-1], user) if view.entries else None,
                group=self.access.group,
                seen=view.entries[-1].line if view.entries else 0,
                unseen=view.unseen[:N_OFFERED],
                n_groups=len(view.groups),
                can_edit=request.state.can_edit,
            )
        )
        # UTF-8 cannot encode lone surrogates; they become question marks.
        return HTMLResponse(html.encode("utf-8", "replace"))

    def _message(self, request: Request, text: str, status: int) -> Response:
        answer = self._page(request, self.desk.view(), "message", text)
        answer.status_code = status
        return answer

    def stale(self, request: Request, error: StaleError) -> Response:
        view, user = self.desk.view(), self._user(request)
        answer = self._page(request, view, "stale", events.stale_page(view, error.entries, user))
        answer.status_code = 409
        return answer

    def refused(self, request: Request, error: Exception) -> Response:
        text = f"Nothing was changed: {error}."
        try:
            return self._message(request, text, 409)
        except InputError:  # the log itself cannot be read
            return PlainTextResponse(text, 500)


def _missing(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("There is no such page.", 404)
