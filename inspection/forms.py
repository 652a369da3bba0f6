"""What the addresses of pages may say."""

from typing import Any

from django import forms
from django.http import QueryDict

from inspection.choices import Band


class WaferSearchForm(forms.Form):
    """Search and filters of the list of wafers. What cannot be used is left out: people shorten addresses by hand."""

    q = forms.CharField(max_length=64, required=False)
    product = forms.CharField(max_length=64, required=False)
    band = forms.ChoiceField(choices=[("", ""), *Band.choices], required=False)
    before = forms.UUIDField(required=False)
    part = forms.ChoiceField(choices=[("", ""), ("rows", ""), ("suggestions", "")], required=False)
    go = forms.BooleanField(required=False)

    @classmethod
    def read(cls, query: QueryDict) -> dict[str, Any]:
        form = cls(query)
        form.is_valid()
        return {name: form.cleaned_data.get(name) for name in form.fields}
