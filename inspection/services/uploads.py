"""What an upload says about its image, and the rows that it names."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Site
from accounts.selectors import site_of
from core.actors import Actor
from core.briefly import Briefly
from core.errors import Invalid
from inspection.errors import UnknownRecipe
from inspection.models import Layer, Lot, Product, Recipe, RecipeVersion, Tool
from inspection.services import catalogue, inference, plans
from inspection.services.labels import checked_label

GENERIC_PRODUCT, NO_LAYER, DEFAULT_RECIPE = "GENERIC", "NA", "DEFAULT"

# Rows that are named with every image and change by hand only.
_named: Briefly[Any] = Briefly(ttl_s=2.0)


@dataclass(frozen=True)
class Upload:
    """Everything but the bytes. Codes that are not given are filled in, codes that do not exist yet are made.

    Attributes:
        model, version: who is to judge; None leaves it to whoever is in force for the recipe.
        origin_x_um, origin_y_um: wafer frame, of the image's top left corner; both or neither.
        pixel_um: side of a pixel; None takes the recipe's.
        priority: 0 interactive, 1 upload, 2 batch.
    """

    site: str | None = None
    lot: str | None = None
    wafer: str | None = None
    slot: int | None = None
    product: str | None = None
    layer: str | None = None
    tool: str | None = None
    recipe: str | None = None
    model: str | None = None
    version: str | None = None
    origin_x_um: float | None = None
    origin_y_um: float | None = None
    pixel_um: float | None = None
    external_id: str | None = None
    use_cache: bool = True
    priority: int = 1


@dataclass(frozen=True)
class Context:
    """The rows an upload names, all of one site.

    Attributes:
        requested_version_id: of the model version that is to judge, where the upload names one.
    """

    site: Site
    product: Product
    layer: Layer
    tool: Tool | None
    recipe_version: RecipeVersion
    requested_version_id: int | None = None


def resolve(upload: Upload, *, actor: Actor, now: datetime) -> Context:
    """Find or make what an upload names, except its lot and wafer.

    Raises:
        UnknownSite: no such site, or not the actor's.
        UnknownRecipe: no such recipe; the known ones are named.
        Invalid: a code cannot be used, or the model version is not loaded.
    """
    site = _remember(("site", upload.site, actor.site_ids, actor.is_system), lambda: site_of(actor, code=upload.site))
    key = (site.pk,)
    product = _remember(
        (*key, "product", upload.product),
        lambda: catalogue.create_product(site=site, code=upload.product or GENERIC_PRODUCT, actor=actor, now=now)[0],
    )
    layer = _remember(
        (*key, "layer", upload.layer),
        lambda: catalogue.create_layer(site=site, code=upload.layer or NO_LAYER, actor=actor, now=now)[0],
    )
    tool = None
    if upload.tool:
        code = upload.tool
        tool = _remember(
            (*key, "tool", code), lambda: catalogue.create_tool(site=site, code=code, actor=actor, now=now)[0]
        )
    recipe_version = _remember(
        (*key, "recipe", upload.recipe), lambda: _recipe_version(site, upload.recipe or DEFAULT_RECIPE)
    )
    requested_id = inference.requested_version(
        model=upload.model,
        version=upload.version,
        recipe_version=recipe_version,
        tool_code=tool.code if tool else "",
        product_code=product.code,
    )
    return Context(
        site=site,
        product=product,
        layer=layer,
        tool=tool,
        recipe_version=recipe_version,
        requested_version_id=requested_id,
    )


def lot_of(upload: Upload, *, context: Context, actor: Actor, now: datetime) -> Lot:
    """The lot an image belongs to, made if need be. An image of no lot joins the day's.

    Raises:
        Invalid: the code cannot be used, or the lot is of another product than the upload says.
    """
    code = upload.lot or f"ADHOC-{now:%Y%m%d}"
    lot: Lot = _remember(
        (context.site.pk, "lot", code, context.product.pk),
        lambda: catalogue.ensure_lot(site=context.site, code=code, product=context.product, actor=actor, now=now),
    )
    if upload.product and lot.product_id != context.product.pk:
        raise Invalid(
            f"Lot {code} is of product {lot.product.code}.",
            fields={"product": [f"Not {upload.product}; leave it out, or name another lot."]},
        )
    return lot


def wafer_code(upload: Upload, *, sha256: str) -> str:
    """Code of the wafer an image belongs to: as given, from its slot, or the start of the image's digest.

    Raises:
        Invalid: the code cannot be used.
    """
    if upload.wafer:
        return checked_label(upload.wafer, field="wafer")
    return f"W{upload.slot:02d}" if upload.slot is not None else sha256[:12]


def forget_named_rows() -> None:
    """Read named rows afresh; for the process that has just changed one, and for tests, which throw theirs away."""
    _named.clear()
    plans.forget_rows()


def _remember(key: Hashable, read: Any) -> Any:
    return _named.get(key, read)


def _recipe_version(site: Site, code: str) -> RecipeVersion:
    version = (
        RecipeVersion.objects.filter(recipe__site=site, recipe__code=code)
        .select_related("recipe")
        .order_by("-number")
        .first()
    )
    if version is None:
        known = sorted(Recipe.objects.filter(site=site).values_list("code", flat=True)[:50])
        raise UnknownRecipe(
            f"There is no recipe {code!r}. Known: {', '.join(known) or 'none yet; a model engineer can make one'}.",
            fields={"recipe": [f"Choose one of: {', '.join(known)}."]},
        )
    return version
