"""People for tests."""

import factory

from stocksense.accounts.models import User
from stocksense.accounts.roles import Role, assign_role

PASSWORD = "a long pass phrase"


class UserFactory(factory.django.DjangoModelFactory):
    """Staff with a role (viewer unless told); the password is 'a long pass phrase'."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"person{number}@example.com")
    name = factory.Sequence(lambda number: f"Person {number}")
    is_staff = True

    @factory.post_generation
    def role(self, create, given, **_):
        """Role and password."""
        self.set_password(PASSWORD)
        self.save()
        assign_role(user=self, role=given or Role.VIEWER)
