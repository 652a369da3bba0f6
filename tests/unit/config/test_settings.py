"""What the settings make of the machine they are read on, of passwords, and of cookies."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from config import settings as ours

PROJECT_DIR = Path(__file__).resolve().parents[3]


def printed(expression, *arguments, **environment):
    """What a process that reads the settings says of them."""
    return subprocess.run(
        [sys.executable, "-c", f"from config import settings; print({expression})", *arguments],
        cwd=PROJECT_DIR,
        env={"SECRET_KEY": "x", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_are_read_where_there_is_no_git(tmp_path):
    read = printed("settings.CODE_VERSION", PATH=str(tmp_path))

    assert (read.returncode, read.stdout.strip()) == (0, "unknown"), read.stderr


def test_a_password_of_eleven_characters_is_refused():
    with pytest.raises(ValidationError, match="at least 12"):
        validate_password("notch7!left")


def test_a_password_of_twelve_is_taken():
    validate_password("notch7!right")


class TestPasswords:
    @pytest.fixture(autouse=True)
    def _hashed_as_in_production(self, settings):
        settings.PASSWORD_HASHERS = ours.PASSWORD_HASHERS

    def test_are_kept_by_argon2id(self):
        assert make_password("a wafer has one notch").startswith("argon2$argon2id$v=19$m=47104,t=2,p=1$")

    def test_kept_by_scrypt_are_still_right_and_kept_anew(self):
        kept = make_password("a wafer has one notch", hasher="scrypt")
        anew = []

        assert check_password("a wafer has one notch", kept, setter=lambda text: anew.append(make_password(text)))
        assert [identify_hasher(encoded).algorithm for encoded in anew] == ["argon2"]


@pytest.mark.parametrize(("command", "timeout"), [("migrate", "0"), ("check", "15000")])
def test_statements_may_take_long_in_migrations_only(command, timeout):
    read = printed("settings.DATABASES['default']['OPTIONS']['options']", command)

    assert f"statement_timeout={timeout} " in read.stdout, read.stderr


@pytest.mark.parametrize(
    ("is_https", "prefix"),
    [("true", "__Host-"), ("false", "")],
    ids=["over HTTPS belong to this host alone", "over HTTP have names that browsers take"],
)
def test_cookies(is_https, prefix):
    named = "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE"

    read = printed(named, SECURE_COOKIES=is_https)

    assert read.stdout.split() == [f"{prefix}sessionid", f"{prefix}csrftoken", is_https.title()], read.stderr
