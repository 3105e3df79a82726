"""The app: the routes, the page, and what stands before them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from trainee.serve import refusals, routes
from trainee.serve.gate import Gate
from trainee.serve.service import Service
from trainee.serve.settings import Settings
from trainee.serve.shortcut import Shortcut

STATIC = Path(__file__).parent / "static"


def create_app(settings: Settings, alone: bool = False) -> FastAPI:
    """The service as an ASGI app; it holds its home from start-up to shutdown.

    Args:
      settings: what it is started with.
      alone: the process does nothing else.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service = Service(settings, alone)
        await service.start()
        app.state.service, app.state.doorman = service, service.doorman
        try:
            yield
        finally:
            await service.stop()

    app = FastAPI(
        title="Trainee",
        summary="An agent that learns a job by doing it.",
        version=version("trainee"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # So that clients that are made of the document have functions with names.
        generate_unique_id_function=lambda route: route.name,
        # To ask whether there is a tracer takes a tenth of a call.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    refusals.install(app)
    app.include_router(routes.router)
    app.include_router(routes.health)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Shortcut, owner=app)
    app.add_middleware(Gate, owner=app, settings=settings)
    return app
