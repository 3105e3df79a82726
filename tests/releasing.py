"""Releases of a service, as its tests ask for them."""

from __future__ import annotations

from serving import Served


def release(served: Served, job: str = "plant", **more):
    return served.ok("POST", "/v1/releases", {"job": job, **more})


def newest(served: Served, job: str = "plant"):
    return served.ok("GET", "/v1/releases", params={"job": job})["releases"][0]


def stage(served: Served, job: str = "plant") -> str:
    return newest(served, job)["stage"]


def moved(served: Served, told, how: str, reason: str = "") -> str:
    return served.ok("POST", f"/v1/releases/{told['release']}/{how}", {"reason": reason})["stage"]
