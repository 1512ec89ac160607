from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "stocksense.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out
        from django.db.models.signals import m2m_changed, post_delete, post_save

        from stocksense.accounts import checks, roles
        from stocksense.accounts.models import ApiKey, User
        from stocksense.accounts.tokens import ending
        from stocksense.core import setup

        setup.on_database_ready(roles.sync_groups)
        checks.refuse_weak_settings()
        # The database moves token versions on by itself; these only make caches and sockets notice at once.
        post_save.connect(ending.user_saved, sender=User, dispatch_uid="accounts.saved")
        post_delete.connect(ending.user_saved, sender=User, dispatch_uid="accounts.deleted")
        post_delete.connect(ending.key_deleted, sender=ApiKey, dispatch_uid="accounts.key_deleted")
        for through in (User.groups.through, User.user_permissions.through):
            m2m_changed.connect(ending.grants_changed, sender=through, dispatch_uid=f"accounts.{through.__name__}")
        user_logged_out.connect(ending.session_ended, dispatch_uid="accounts.signed_out")
