from rest_framework import serializers

from core.fields import LabelField


class CredentialsIn(serializers.Serializer):
    username = LabelField(max_length=150)
    password = serializers.CharField(max_length=256, trim_whitespace=False, write_only=True)


class TokenOut(serializers.Serializer):
    token = serializers.CharField(help_text="Send it as `Authorization: Token <token>`. It is shown this once.")
    expiry = serializers.DateTimeField(allow_null=True)
