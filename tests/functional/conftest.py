import pytest

from core.roles import Role
from tests.factories import client_of, make_inspected, make_site, make_user


@pytest.fixture
def site(db):
    return make_site("fab")


@pytest.fixture
def inspected(site):
    return make_inspected(site)


@pytest.fixture
def foreign(db):
    """The same of a site nobody here may see."""
    return make_inspected(make_site("elsewhere"))


@pytest.fixture
def client_as(site):
    """A program of that role at the site."""

    def made(*roles: Role, **values):
        return client_of(make_user(*roles, site=site), **values)

    return made


@pytest.fixture
def operator(client_as):
    return client_as(Role.OPERATOR)
