"""The Flask application: a house in, doors out; the office's doors are handed the office alone."""

from __future__ import annotations

from flask import Flask

from connector.office import Office
from connector.web import acknowledge, adding, health, hooks, intake, policies, problem
from connector.web.pages import protect
from connector.wiring import House

# Of one field in a form that comes in parts, as none of our pages sends it; any other is bounded as a whole, by
# MAX_CONTENT_LENGTH.
_FIELD_BYTES = 64 * 1024


def create_app(house: House, office: Office | None = None, *, works: bool = True) -> Flask:
    """The application; without an office that one's doors say so. `works`: this process also performs duties."""
    app = Flask("connector.web", static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = intake.MOST_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = _FIELD_BYTES
    # A template that prints `config` would print whatever stands in it.
    app.jinja_env.globals.pop("config", None)
    app.register_blueprint(intake.blueprint(house))
    app.register_blueprint(acknowledge.blueprint(house))
    app.register_blueprint(hooks.blueprint(house))
    app.register_blueprint(adding.blueprint(house))
    app.register_blueprint(health.blueprint(house, works=works))
    app.register_blueprint(policies.shut() if office is None else policies.blueprint(office))
    problem.register(app)
    app.after_request(protect)
    return app
