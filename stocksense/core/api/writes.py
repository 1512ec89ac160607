"""Changes of objects: each a serializer for the body and one hook that calls one service.

class ItemView(Listed, Detailed, Created, Changed, Removed, Batched):
    permissions = {..., "create": "inventory.add_item", "partial_update": "inventory.change_item",
                   "destroy": "inventory.delete_item"}
    create_body, change_body = ItemInput, ItemChange

    def create_one(self, data):
        return services.create_item(actor=self.request.user, **data)

    def change_one(self, found, data):
        services.change_item(item=found, actor=self.request.user, **data)

    def remove_one(self, found):
        services.remove_item(item=found, actor=self.request.user)
"""

from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.core.api.views import Resource


class Created(Resource):
    """POST on the collection: 201 with the object, its address and its ETag."""

    create_body: ClassVar[type[serializers.Serializer[Any]]]

    def create_one(self, data: dict[str, Any]) -> Model:
        """Call the service that makes the object, and return it."""
        raise NotImplementedError

    def create(self, request: Request) -> Response:
        """Make an object."""
        return self.shown(self.create_one(self.valid(self.create_body)).pk, status=201)


class Changed(Resource):
    """PATCH on an object, with If-Match: fields that are sent are set, the others stay; null empties a field."""

    change_body: ClassVar[type[serializers.Serializer[Any]]]

    def change_one(self, found: Any, data: dict[str, Any]) -> None:
        """Call the service that changes the locked object; `data` holds the sent fields only."""
        raise NotImplementedError

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change some fields of the object."""
        data = self.valid(self.change_body, partial=True)
        with self.changing(pk) as found:
            self.change_one(found, data)
        return self.shown(pk)


class Removed(Resource):
    """DELETE on an object, with If-Match: 204; 409 where others still refer to it."""

    def remove_one(self, found: Any) -> None:
        """Call the service that removes the locked object."""
        raise NotImplementedError

    def destroy(self, request: Request, pk: str) -> Response:
        """Remove the object."""
        self.refuse_body()
        with self.changing(pk) as found:
            self.remove_one(found)
        return Response(status=204)
