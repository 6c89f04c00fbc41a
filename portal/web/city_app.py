"""Flask, with what it does for every page done once: its hooks as plain calls, no cookie session of its own.

Flask asks for every request and every hook whether it is a coroutine, which blueprints it belongs to, and what the
signed cookie says. Here no view is a coroutine, hooks belong to the whole application (a blueprint's are refused when
the application is made), and sessions are ours (web.session).
"""

from collections.abc import Callable
from typing import Any, cast

from flask import Flask, Request, Response
from flask.globals import request_ctx
from flask.json.provider import DefaultJSONProvider
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import IntegerConverter, Map

from portal.web.templating import SpokenEnvironment

LARGEST_NUMBER = 2**63 - 1  # what a column holds
HOOKS = ("before_request_funcs", "after_request_funcs", "url_value_preprocessors")


class _Json(DefaultJSONProvider):
    """Flask's, where what is nested too deep to be read is no JSON, like anything else that cannot be."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deep") from None


class CityApp(Flask):
    """The portal's Flask; call `settle` when every room is in."""

    jinja_environment = SpokenEnvironment
    json_provider_class = _Json

    def __init__(self, name: str, **places: Any) -> None:
        super().__init__(name, **places)
        self.session_interface = _NoSession()
        self.url_map.converters["int"] = _RowNumber
        self._for_templates: Callable[[], dict[str, Any]] = dict

    def settle(self, for_templates: Callable[[], dict[str, Any]]) -> None:
        """Check that no room brought hooks of its own. *for_templates* gives what every template knows; Flask's own
        `request`, `g` and `session` are not among it."""
        for hook in HOOKS:
            if strange := [name for name, hooks in getattr(self, hook).items() if name and hooks]:
                raise TypeError(f"{hook} of {strange}: hooks belong to the whole application")
        self._for_templates = for_templates

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: no view here is a coroutine."""
        return func

    def preprocess_request(self) -> Any:
        for hook in self.before_request_funcs.get(None, ()):
            answer = hook()
            if answer is not None:
                return answer
        return None

    def process_response(self, response: Response) -> Response:
        for later in request_ctx._after_request_functions:
            response = cast(Response, later(response))
        for hook in reversed(self.after_request_funcs.get(None, ())):
            response = hook(response)
        return response

    def update_template_context(self, context: dict[str, Any]) -> None:
        for name, value in self._for_templates().items():
            context.setdefault(name, value)


class _RowNumber(IntegerConverter):
    """`<int:…>` of an address names a row: what no row can be called is not found, instead of a database's error."""

    def __init__(self, routes: Map) -> None:
        super().__init__(routes, max=LARGEST_NUMBER)


class _NoSession(SessionInterface):
    """Flask's own session: none (RFC 6265 cookies signed by us would hold what only the server should)."""

    _none = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return self._none
