"""Serving a model: what judges where, deployed and rolled back, loaded and unloaded, and how it is served."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from core.actors import Actor
from core.clock import now
from core.errors import Invalid, NotFound
from models_admin import selectors, services
from models_admin.choices import LOADED, RouteSlot
from models_admin.models import Deployment, Model
from models_admin.places import Place
from models_admin.serializers import serving as shapes

DONE = OpenApiResponse(shapes.BringingOut, description="It was loaded: it judges from now on.")
UNDER_WAY = OpenApiResponse(shapes.BringingOut, description="A worker brings it; until then nothing changes.")


class StatusView(ApiView):
    @extend_schema(responses=shapes.StatusOut)
    def get(self, request: Request, name: str) -> HttpResponse:
        """Where every version serves, whether Triton has it ready, and every route."""
        return answer(selectors.described_status(_model(name), ready=services.ready_names()))


class DeployView(ApiView):
    @extend_schema(request=shapes.DeployIn, responses={200: DONE, 202: UNDER_WAY})
    def post(self, request: Request, name: str) -> HttpResponse:
        """Let a version judge at a place; the present one goes on until it has proved itself."""
        return self.once(lambda: self._deploy(name))

    def _deploy(self, name: str) -> HttpResponse:
        return _deployed(name, self.body(shapes.DeployIn), actor=self.actor)


class RollbackView(ApiView):
    @extend_schema(request=shapes.RollbackIn, responses={200: DONE, 202: UNDER_WAY})
    def post(self, request: Request, name: str) -> HttpResponse:
        """Let the version judge that did so before; needs nobody else's word. Again, it goes further back."""
        return self.once(lambda: self._roll_back(name))

    def _roll_back(self, name: str) -> HttpResponse:
        values = self.body(shapes.RollbackIn)
        place, options = _place_and_options(values)
        row = services.roll_back(
            model_name=name, place=place, **options, reason=values["reason"], actor=self.actor, now=now()
        )
        return _bringing(row)


class VersionInForceView(ApiView):
    @extend_schema(request=shapes.DeployIn, responses={200: DONE})
    def put(self, request: Request, name: str) -> HttpResponse:
        """Let a version judge that is loaded already; one that is not is refused."""
        return _deployed(name, self.body(shapes.DeployIn), actor=self.actor, only_loaded=True)

    @extend_schema(parameters=[shapes.DeactivateQuery], responses={200: shapes.StatusOut})
    def delete(self, request: Request, name: str) -> HttpResponse:
        """Take a fallback away, or a champion with its route: the next wider route judges then."""
        values = self.query(shapes.DeactivateQuery)
        place, options = _place_and_options(values)
        services.deactivate_version(
            model_name=name, place=place, **options, reason=values["reason"], actor=self.actor, now=now()
        )
        return answer(selectors.described_status(_model(name), ready=services.ready_names()))


class LoadView(ApiView):
    @extend_schema(request=shapes.LoadIn, responses={200: DONE, 202: UNDER_WAY})
    def post(self, request: Request, name: str) -> HttpResponse:
        """Bring a version onto Triton without letting it judge: it answers by name, and is deployed in a moment."""
        return self.once(lambda: self._load(name))

    def _load(self, name: str) -> HttpResponse:
        values = self.body(shapes.LoadIn)
        row = services.load_version(
            model_name=name,
            version=values["version"],
            reason=values.get("reason", ""),
            actor=self.actor,
            now=now(),
        )
        return _bringing(row)


class UnloadView(ApiView):
    @extend_schema(
        parameters=[shapes.UnloadQuery],
        responses={202: OpenApiResponse(shapes.StatusOut, description="It leaves when it has drained, after 30 s.")},
    )
    def delete(self, request: Request, name: str) -> HttpResponse:
        """Let a version leave Triton; one that judges is refused, with where."""
        values = self.query(shapes.UnloadQuery)
        services.unload_version(
            model_name=name,
            version=values["version"],
            reason=values.get("reason", ""),
            actor=self.actor,
            now=now(),
        )
        return answer(selectors.described_status(_model(name), ready=services.ready_names()), status=202)


class ConfigView(ApiView):
    @extend_schema(responses=shapes.ConfigOut)
    def get(self, request: Request, name: str) -> HttpResponse:
        """How a model is served, and what that did to its speed."""
        return answer(selectors.described_config(_model(name)))

    @extend_schema(
        request=shapes.ConfigIn,
        responses={
            202: OpenApiResponse(shapes.ConfigOut, description="What judges is brought there, without a gap."),
            200: OpenApiResponse(shapes.ConfigOut, description="Nothing is different."),
        },
    )
    def put(self, request: Request, name: str) -> HttpResponse:
        """Serve a model in another way; what is left out stays."""
        values = self.body(shapes.ConfigIn)
        seen, reason = values.pop("seen_revision"), values.pop("reason", "")
        config = services.change_config(
            model_name=name, values=values, seen_revision=seen, reason=reason, actor=self.actor, now=now()
        )
        return answer(selectors.described_config(_model(name)), status=200 if config.revision == seen else 202)


class MetadataView(ApiView):
    @extend_schema(parameters=[shapes.MetadataQuery], responses=shapes.MetadataOut)
    def get(self, request: Request, name: str) -> HttpResponse:
        """What is said of a model, and what a version of it says of itself."""
        return self._shown(name, self.query(shapes.MetadataQuery).get("version"))

    @extend_schema(request=shapes.MetadataIn, responses=shapes.MetadataOut)
    def put(self, request: Request, name: str) -> HttpResponse:
        """Say something else of a model; what a version says of itself never changes."""
        values = self.body(shapes.MetadataIn)
        seen = values.pop("seen_revision")
        services.change_model(model_name=name, values=values, seen_revision=seen, actor=self.actor, now=now())
        return self._shown(name, None)

    def _shown(self, name: str, version: str | None) -> HttpResponse:
        model = _model(name)
        if version is None:
            return answer(selectors.described_metadata(model, version=selectors.newest_version_of(name)))
        return answer(
            selectors.described_metadata(model, version=selectors.version_of(model_name=name, version=version))
        )


def _deployed(name: str, values: dict[str, Any], *, actor: Actor, only_loaded: bool = False) -> HttpResponse:
    place, options = _place_and_options(values)
    if values["unvalidated"] and "reason" not in values:
        raise Invalid.of({"reason": ["Say why it may judge though no gate has passed it."]})
    row = services.deploy_version(
        model_name=name,
        version=values["version"],
        recipe_code=place.recipe_code,
        tool_code=place.tool_code,
        product_code=place.product_code,
        **options,
        only_loaded=only_loaded,
        only_validated=not values["unvalidated"],
        reason=values.get("reason", ""),
        actor=actor,
        now=now(),
    )
    return _bringing(row)


def _place_and_options(values: dict[str, Any]) -> tuple[Place, dict[str, Any]]:
    place = Place(recipe_code=values["recipe"], tool_code=values["tool"], product_code=values["product"])
    return place, {"slot": RouteSlot(values["slot"]), "seen_generation": values.get("seen_generation")}


def _bringing(row: Deployment) -> HttpResponse:
    address = reverse("api:deployment", args=[row.pk])
    status = 200 if row.state in LOADED else 202
    return answer(selectors.described_deployment(row), status=status, Location=address)


def _model(name: str) -> Model:
    found = selectors.models().filter(name=name).first()
    if found is None:
        raise NotFound(f"There is no model {name}.")
    return found
