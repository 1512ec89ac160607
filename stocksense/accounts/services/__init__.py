"""What is done to people and their access."""

from stocksense.accounts.services.access import end_access as end_access
from stocksense.accounts.services.invitations import invite as invite
from stocksense.accounts.services.invitations import send_password_link as send_password_link
from stocksense.accounts.services.people import change_person as change_person
from stocksense.accounts.services.people import create_person as create_person
from stocksense.accounts.services.people import may_grant as may_grant
from stocksense.accounts.services.people import may_manage as may_manage
from stocksense.accounts.services.second_factor import reset_second_factor as reset_second_factor
