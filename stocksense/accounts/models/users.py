"""People who sign in. What they may do comes from their role's group (see `accounts.roles`)."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from stocksense.audit.tracking import tracked
from stocksense.core.models import one_of


class UserManager(BaseUserManager["User"]):
    """Users by e-mail address, in whatever case it is typed."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user with a hashed password (None: cannot sign in by password)."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything (`manage.py createsuperuser`)."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})


class UserKind(models.TextChoices):
    """Who stands behind a user."""

    PERSON = "person"
    SERVICE = "service"


@tracked(exclude=["password", "last_login", "token_version"])
class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail, or a service account: a program that works with API keys only.

    `token_version` is in every access token. The database moves it on whenever the password, the role, a permission
    or `is_active` changes (migration `access_control`), and it never goes back, whatever a stale object saves.
    """

    scope: frozenset[str] | None = None
    """Permissions to which the credential of this request is limited; None: all that the user has."""

    principal: Any = None
    """What access control read of the user for this request (`accounts.principals.Principal`), if it did."""

    email = models.EmailField("e-mail", max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("may open the admin", default=False)
    kind = models.CharField(max_length=7, choices=UserKind, default=UserKind.PERSON, editable=False)
    token_version = models.PositiveBigIntegerField(default=1, editable=False)
    password_changed_at = models.DateTimeField(
        null=True, editable=False, help_text="Kept by the database: so a change is in the history, and no hash is."
    )
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            one_of("user", "kind", UserKind),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether the user may do this, and the credential in use allows it."""
        return (self.scope is None or perm in self.scope) and super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the user may do anything in this app, and the credential in use allows it."""
        if self.scope is not None and not any(name.partition(".")[0] == app_label for name in self.scope):
            return False
        return super().has_module_perms(app_label)

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        """The user's permissions, as far as the credential in use allows them."""
        held = super().get_all_permissions(obj)
        return held if self.scope is None else held & self.scope

    def get_full_name(self) -> str:
        """The name shown to others."""
        return str(self)

    def get_short_name(self) -> str:
        """The first word of the name, else the part of the address before the @."""
        return (self.name.split() or [self.email.split("@")[0]])[0]


class ServiceAccount(User):
    """The users that are programs, for their own pages."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "service account"
