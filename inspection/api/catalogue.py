"""The fab's own words: products, tools, layers, recipes and defect classes. What is missing is made on the spot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import ApiView, answer, narrowed
from core.actors import Actor
from core.clock import now
from core.pagination import PageIn
from core.schema import page_of
from inspection import selectors, services
from inspection.serializers import documented, shown
from inspection.serializers.inputs import CatalogueQuery, LayerIn, ProductIn, RecipeIn, RecipeVersionIn, ToolIn


@dataclass(frozen=True)
class Kind:
    """One kind of word.

    Attributes:
        visible: rows an actor may see.
        show: a row as JSON.
        shape: what making one takes.
        create: the service that makes one, and says whether it did.
    """

    visible: Callable[[Actor], QuerySet[Any]]
    show: Callable[[Any], dict[str, Any]]
    shape: type[serializers.Serializer]
    create: Callable[..., tuple[Any, bool]]


class CatalogueView(ApiView):
    """A list by code, and making one more."""

    kind: ClassVar[Kind]

    def listed(self) -> HttpResponse:
        query = self.query(CatalogueQuery)
        rows = narrowed(self.kind.visible(self.actor), query, {"code": "code"})
        return self.page(rows, query=query, show=self.kind.show)

    def made(self) -> HttpResponse:
        return self.once(self._make)

    def _make(self) -> HttpResponse:
        values = self.body(self.kind.shape)
        site = selectors.site_of(self.actor, code=values.pop("site", None))
        _, is_new = self.kind.create(site=site, actor=self.actor, now=now(), **values)
        row = self.kind.visible(self.actor).get(site=site, code=values["code"])
        return answer(self.kind.show(row), status=201 if is_new else 200)


class ProductsView(CatalogueView):
    kind = Kind(selectors.products_visible_to, shown.product_of, ProductIn, services.create_product)

    @extend_schema(parameters=[CatalogueQuery], responses=page_of(documented.ProductOut))
    def get(self, request: Request) -> HttpResponse:
        """Products with their die grids."""
        return self.listed()

    @extend_schema(request=ProductIn, responses={200: documented.ProductOut, 201: documented.ProductOut})
    def post(self, request: Request) -> HttpResponse:
        """Make a product. 200 gives the one that has this code already, unchanged."""
        return self.made()


class ToolsView(CatalogueView):
    kind = Kind(selectors.tools_visible_to, shown.tool_of, ToolIn, services.create_tool)

    @extend_schema(parameters=[CatalogueQuery], responses=page_of(documented.ToolOut))
    def get(self, request: Request) -> HttpResponse:
        """Tools and when each last sent an image."""
        return self.listed()

    @extend_schema(request=ToolIn, responses={200: documented.ToolOut, 201: documented.ToolOut})
    def post(self, request: Request) -> HttpResponse:
        """Make a tool. 200 gives the one that has this code already, unchanged."""
        return self.made()


class LayersView(CatalogueView):
    kind = Kind(selectors.layers_visible_to, shown.layer_of, LayerIn, services.create_layer)

    @extend_schema(parameters=[CatalogueQuery], responses=page_of(documented.LayerOut))
    def get(self, request: Request) -> HttpResponse:
        """Layers, or steps, of the process."""
        return self.listed()

    @extend_schema(request=LayerIn, responses={200: documented.LayerOut, 201: documented.LayerOut})
    def post(self, request: Request) -> HttpResponse:
        """Make a layer. 200 gives the one that has this code already, unchanged."""
        return self.made()


class RecipesView(CatalogueView):
    kind = Kind(selectors.recipes_visible_to, shown.recipe_of, RecipeIn, services.create_recipe)

    @extend_schema(parameters=[CatalogueQuery], responses=page_of(documented.RecipeOut))
    def get(self, request: Request) -> HttpResponse:
        """Recipes with what their versions in force say."""
        return self.listed()

    @extend_schema(request=RecipeIn, responses={200: documented.RecipeOut, 201: documented.RecipeOut})
    def post(self, request: Request) -> HttpResponse:
        """Make a recipe with its first version. 200 gives the one that has this code already, unchanged."""
        return self.made()


class RecipeVersionsView(ApiView):
    @extend_schema(parameters=[PageIn], responses=page_of(documented.RecipeVersionOut))
    def get(self, request: Request, recipe_id: int) -> HttpResponse:
        """Everything a recipe has said, newest first; the first one is in force."""
        query = self.query(PageIn)
        recipe = selectors.one(selectors.recipes_visible_to(self.actor), recipe_id, what="recipe")
        return self.page(selectors.recipe_versions_of(recipe), query=query, show=shown.recipe_version_of)

    @extend_schema(
        request=RecipeVersionIn, responses={200: documented.RecipeVersionOut, 201: documented.RecipeVersionOut}
    )
    def post(self, request: Request, recipe_id: int) -> HttpResponse:
        """Put a changed version into force. 200 gives the one that is, where nothing would change."""
        return self.once(lambda: self._add(recipe_id))

    def _add(self, recipe_id: int) -> HttpResponse:
        changes = self.body(RecipeVersionIn)
        version, is_new = services.add_recipe_version(recipe_id=recipe_id, actor=self.actor, now=now(), **changes)
        return answer(shown.recipe_version_of(version), status=201 if is_new else 200)


class DefectClassesView(ApiView):
    @extend_schema(parameters=[PageIn], responses=page_of(documented.DefectClassOut))
    def get(self, request: Request) -> HttpResponse:
        """Kinds of defects, with their colours, severities and keys."""
        query = self.query(PageIn)
        return self.page(selectors.defect_classes(), query=query, show=shown.defect_class_of)
