"""The defect book: read by everybody, filled by reviewers, written and kept in order by leads."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api.base import ApiView, answer
from accounts.models import Site
from annotations import selectors, services
from annotations.api.journal import ack_of, check_sender
from annotations.choices import ExampleKind
from annotations.serializers import book as shapes
from annotations.serializers.book import (
    SHAPE_OF_BOOK_EDIT,
    BookEdit,
    BookEditsIn,
    BookPageIn,
    BookQuery,
    ExampleIn,
    MoveIn,
)
from core.clock import now
from core.errors import NotFound
from core.pagination import PageIn
from core.schema import page_of as documented_page
from inspection import selectors as inspection
from inspection.models import DefectClass


class BookHistoryQuery(PageIn, BookQuery):
    pass


class BookView(ApiView):
    @extend_schema(parameters=[BookQuery], responses=shapes.BookOut)
    def get(self, request: Request) -> HttpResponse:
        """The defect book of a site: every class in words, with the first items that show it."""
        site = inspection.site_of(self.actor, code=self.query(BookQuery).get("site"))
        return answer({"pages": selectors.book_of(site.pk)})


class PageView(ApiView):
    def site(self, values: dict[str, Any]) -> Site:
        return inspection.site_of(self.actor, code=values.get("site"))

    def shown(self, site: Site, class_code: str) -> HttpResponse:
        defect_class = self.class_of(class_code)
        return answer(
            selectors.page_of_class(
                defect_class,
                text=selectors.text_of(site.pk, defect_class),
                examples=list(selectors.shown_examples(site.pk).filter(defect_class=defect_class)),
            )
        )

    def class_of(self, class_code: str) -> DefectClass:
        """
        Raises:
            NotFound: there is none.
        """
        for row in inspection.classes_by_id().values():
            if row.code == class_code:
                return row
        raise NotFound("There is no such class.")


class BookPageView(PageView):
    @extend_schema(parameters=[BookQuery], responses=shapes.BookPageOut)
    def get(self, request: Request, class_code: str) -> HttpResponse:
        """One class in words, with every item that shows it."""
        return self.shown(self.site(self.query(BookQuery)), class_code)

    @extend_schema(request=BookPageIn, responses=shapes.BookPageOut)
    def put(self, request: Request, class_code: str) -> HttpResponse:
        """Write what a class is. 409 where somebody else wrote after it was looked at, with their words."""
        return self.once(lambda: self._write(class_code))

    def _write(self, class_code: str) -> HttpResponse:
        self.class_of(class_code)
        values = self.body(BookPageIn)
        site = self.site(values)
        services.write_page(
            site=site,
            class_code=class_code,
            definition=values["definition"],
            look_for=values["look_for"],
            seen_version=values["seen_version"],
            actor=self.actor,
            now=now(),
        )
        return self.shown(site, class_code)


class BookHistoryView(PageView):
    @extend_schema(parameters=[BookHistoryQuery], responses=documented_page(shapes.BookTextOut))
    def get(self, request: Request, class_code: str) -> HttpResponse:
        """What was ever written of a class, newest first."""
        query = self.query(BookHistoryQuery)
        rows = selectors.texts_of(self.site(query).pk, self.class_of(class_code))
        return self.page(rows, query=query, show=selectors.text_json)


class ExamplesView(ApiView):
    @extend_schema(request=ExampleIn, responses={200: shapes.ExampleOut, 201: shapes.ExampleOut})
    def post(self, request: Request) -> HttpResponse:
        """Put a real item into the book. 200 gives the one that shows the same already."""
        return self.once(self._add)

    def _add(self) -> HttpResponse:
        values = self.body(ExampleIn)
        row, is_new = services.add_to_book(
            example_id=values["id"],
            task_id=values["task"],
            class_code=values["class_code"],
            kind=ExampleKind(values["kind"]),
            why=values.get("why", ""),
            actor=self.actor,
            now=now(),
        )
        return answer(selectors.example_of(row), status=201 if is_new else 200)


class BookEditsView(ApiView):
    @extend_schema(request=BookEditsIn, responses=shapes.BookAcksOut)
    def post(self, request: Request) -> HttpResponse:
        """Put items into the book in order, each once however often it comes, as `review/edits/` does."""
        sent = self.body(BookEditsIn)
        check_sender(request, sent, username=self.actor.username)
        take = partial(services.take_book_edit, actor=self.actor, now=now())
        of_one = partial(ack_of, client=sent["client"], shapes=SHAPE_OF_BOOK_EDIT, plain=BookEdit, take=take)
        return answer({"acks": [of_one(content) for content in sent["edits"]]})


class ExampleMoveView(ApiView):
    @extend_schema(request=MoveIn, responses=shapes.ExampleOut)
    def post(self, request: Request, example_id: UUID) -> HttpResponse:
        """Put an item of the book before another of its kind, or last."""
        return self.once(lambda: self._move(example_id))

    def _move(self, example_id: UUID) -> HttpResponse:
        selectors.example_visible_to(self.actor, example_id)
        before = self.body(MoveIn)["before"]
        row = services.move_example(example_id=example_id, before=before, actor=self.actor, now=now())
        return answer(selectors.example_of(row))


class ExampleRetireView(ApiView):
    @extend_schema(request=None, responses=shapes.ExampleOut)
    def post(self, request: Request, example_id: UUID) -> HttpResponse:
        """Take an item out of the book. It is kept, and can be put back."""
        return self.once(
            lambda: answer(
                selectors.example_of(services.retire_example(example_id=example_id, actor=self.actor, now=now()))
            )
        )


class ExampleRestoreView(ApiView):
    @extend_schema(request=None, responses=shapes.ExampleOut)
    def post(self, request: Request, example_id: UUID) -> HttpResponse:
        """Put back into the book what was taken out, where it was."""
        return self.once(
            lambda: answer(
                selectors.example_of(services.restore_example(example_id=example_id, actor=self.actor, now=now()))
            )
        )
