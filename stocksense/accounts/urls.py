"""Sign-in and account pages. Only what is named here exists: there is no sign-up and no changing of addresses."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from stocksense.accounts import views
from stocksense.accounts.views import later

_ACCOUNT, _FACTORS = "allauth.account.views", "allauth.mfa.base.views"
_APP, _CODES, _PASSKEYS = "allauth.mfa.totp.views", "allauth.mfa.recovery_codes.views", "allauth.mfa.webauthn.views"
_to_overview = RedirectView.as_view(pattern_name="account_overview")

urlpatterns = [
    path("", views.overview, name="account_overview"),
    path("sign-in/", later(f"{_ACCOUNT}.login"), name="account_login"),
    path("sign-out/", later(f"{_ACCOUNT}.logout"), name="account_logout"),
    path("inactive/", later(f"{_ACCOUNT}.account_inactive"), name="account_inactive"),
    path("confirm/", later(f"{_ACCOUNT}.reauthenticate"), name="account_reauthenticate"),
    path("password/", later(f"{_ACCOUNT}.password_change"), name="account_change_password"),
    path("password/set/", later(f"{_ACCOUNT}.password_set"), name="account_set_password"),
    path("password/reset/", later(f"{_ACCOUNT}.password_reset"), name="account_reset_password"),
    path("password/reset/sent/", later(f"{_ACCOUNT}.password_reset_done"), name="account_reset_password_done"),
    path(
        "password/reset/done/",
        later(f"{_ACCOUNT}.password_reset_from_key_done"),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/link/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        later(f"{_ACCOUNT}.password_reset_from_key"),
        name="account_reset_password_from_key",
    ),
    path("sessions/end/", views.end_other_sessions, name="account_end_other_sessions"),
    path("sessions/<int:pk>/end/", views.end_session, name="account_end_session"),
    path("two-factor/set-up/", views.enrol, name="account_enrol"),
    path("two-factor/", _to_overview, name="mfa_index"),
    path("two-factor/sign-in/", later(f"{_FACTORS}.authenticate"), name="mfa_authenticate"),
    path("two-factor/confirm/", later(f"{_FACTORS}.reauthenticate"), name="mfa_reauthenticate"),
    path("two-factor/app/", later(f"{_APP}.activate_totp"), name="mfa_activate_totp"),
    path("two-factor/app/remove/", later(f"{_APP}.deactivate_totp"), name="mfa_deactivate_totp"),
    path("two-factor/codes/", later(f"{_CODES}.view_recovery_codes"), name="mfa_view_recovery_codes"),
    path("two-factor/codes/new/", later(f"{_CODES}.generate_recovery_codes"), name="mfa_generate_recovery_codes"),
    path("passkeys/", _to_overview, name="mfa_list_webauthn"),
    path("passkeys/sign-in/", later(f"{_PASSKEYS}.login_webauthn"), name="mfa_login_webauthn"),
    path("passkeys/confirm/", later(f"{_PASSKEYS}.reauthenticate_webauthn"), name="mfa_reauthenticate_webauthn"),
    path("passkeys/add/", later(f"{_PASSKEYS}.add_webauthn"), name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/rename/", later(f"{_PASSKEYS}.edit_webauthn"), name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", views.remove_passkey, name="mfa_remove_webauthn"),
]
