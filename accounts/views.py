"""Sign-in and sign-out pages."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.errors import WrongCredentials
from accounts.forms import SignInForm
from accounts.models import User
from accounts.selectors import actor_for_user, actor_of
from core.clock import now
from core.errors import TooManyTries
from core.requests import source_of


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = _safe_target(request)
    if request.method == "GET":
        if request.user.is_authenticated:
            return HttpResponseRedirect(target)
        return render(
            request, "accounts/login.html", {"form": SignInForm(initial={"next": request.GET.get("next", "")})}
        )
    form = SignInForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/login.html", {"form": form}, status=400)
    try:
        user = services.sign_in(
            request=request,
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
            source=source_of(request),
            now=now(),
        )
    except (WrongCredentials, TooManyTries) as refusal:
        form.add_error(None, refusal.detail)
        return render(request, "accounts/login.html", {"form": form}, status=refusal.status)
    with transaction.atomic():
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        services.record_login(user=user, actor=actor_for_user(user, source=source_of(request)), now=now())
    return HttpResponseRedirect(target)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    # Together: open sockets are told when this commits, and then the session must be gone.
    with transaction.atomic():
        if isinstance(request.user, User):
            services.record_logout(user=request.user, actor=actor_of(request), now=now())
        logout(request)
    return redirect("login")


def _safe_target(request: HttpRequest) -> str:
    """The page of ours that was asked for, else the first one."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return resolve_url(settings.LOGIN_REDIRECT_URL)
