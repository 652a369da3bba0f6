"""What the addresses of pages may say."""

from typing import Any

from django import forms
from django.http import QueryDict

from inspection.choices import Band, RunState

HOLD_CHOICES = [("held", "On hold")]


class WaferSearchForm(forms.Form):
    """Search and filters of the list of wafers. What cannot be used is left out: people shorten addresses by hand."""

    q = forms.CharField(max_length=64, required=False)
    lot = forms.CharField(max_length=64, required=False)
    product = forms.CharField(max_length=64, required=False)
    layer = forms.CharField(max_length=64, required=False)
    tool = forms.CharField(max_length=64, required=False)
    state = forms.ChoiceField(choices=[("", ""), *RunState.choices], required=False)
    band = forms.ChoiceField(choices=[("", ""), *Band.choices], required=False)
    hold = forms.ChoiceField(choices=[("", ""), *HOLD_CHOICES], required=False)
    before = forms.UUIDField(required=False)
    after = forms.UUIDField(required=False)
    part = forms.ChoiceField(choices=[("", ""), ("rows", ""), ("suggestions", "")], required=False)
    go = forms.BooleanField(required=False)

    FILTERS = ("q", "lot", "product", "layer", "tool", "state", "band", "hold")

    @classmethod
    def read(cls, query: QueryDict) -> dict[str, Any]:
        form = cls(query)
        form.is_valid()
        return {name: form.cleaned_data.get(name) for name in form.fields}

    @classmethod
    def filters_of(cls, query: dict[str, Any]) -> dict[str, str]:
        """The filters that are set."""
        return {name: query[name] for name in cls.FILTERS if query[name]}
