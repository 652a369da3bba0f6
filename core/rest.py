"""What every view of the REST interface has in common, whichever app it belongs to."""

from rest_framework.views import APIView


class RestView(APIView):
    """A view without OPTIONS: what there is to say about an address is in the OpenAPI document."""

    http_method_names = [name for name in APIView.http_method_names if name != "options"]
