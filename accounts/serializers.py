from rest_framework import serializers

from core.fields import LabelField


class TokenIn(serializers.Serializer):
    username = LabelField(max_length=150)
    password = serializers.CharField(max_length=256, trim_whitespace=False, write_only=True)
    name = LabelField(max_length=64, default="api", help_text="What the token is for, as the trail names it.")
    scope = serializers.ChoiceField(
        choices=["read", "read write"], default="read write", help_text="`read` is enough for whoever only looks."
    )


class TokenOut(serializers.Serializer):
    token = serializers.CharField(help_text="Send it as `Authorization: Token <token>`. It is shown this once.")
    expiry = serializers.DateTimeField(allow_null=True)
    scope = serializers.CharField(help_text="What it is good for: `read`, or `read write`.")
