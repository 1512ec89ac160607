"""Access ends with what it rested on: the database moves `token_version` on, whoever writes and however."""

from django.db import migrations

ON_USER = """
CREATE FUNCTION accounts_user_token_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A stale object that is saved whole must not bring an old version back to life.
    NEW.token_version := greatest(NEW.token_version, OLD.token_version);
    IF NEW.token_version = OLD.token_version AND (
        NEW.password IS DISTINCT FROM OLD.password OR NEW.is_active IS DISTINCT FROM OLD.is_active
        OR NEW.is_superuser IS DISTINCT FROM OLD.is_superuser OR NEW.kind IS DISTINCT FROM OLD.kind
    ) THEN
        NEW.token_version := OLD.token_version + 1;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_user_token_version BEFORE UPDATE ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION accounts_user_token_version();
"""

ON_GRANTS = """
CREATE FUNCTION accounts_grants_token_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts_user SET token_version = token_version + 1 WHERE id IN (SELECT user_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER accounts_user_groups_added AFTER INSERT ON accounts_user_groups
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_token_version();
CREATE TRIGGER accounts_user_groups_removed AFTER DELETE ON accounts_user_groups
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_token_version();
CREATE TRIGGER accounts_user_permissions_added AFTER INSERT ON accounts_user_user_permissions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_token_version();
CREATE TRIGGER accounts_user_permissions_removed AFTER DELETE ON accounts_user_user_permissions
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_token_version();
"""

BACK = """
DROP TRIGGER accounts_user_permissions_removed ON accounts_user_user_permissions;
DROP TRIGGER accounts_user_permissions_added ON accounts_user_user_permissions;
DROP TRIGGER accounts_user_groups_removed ON accounts_user_groups;
DROP TRIGGER accounts_user_groups_added ON accounts_user_groups;
DROP FUNCTION accounts_grants_token_version();
DROP TRIGGER accounts_user_token_version ON accounts_user;
DROP FUNCTION accounts_user_token_version();
"""


class Migration(migrations.Migration):

    dependencies = [('accounts', '0002_access_control')]

    operations = [migrations.RunSQL(ON_USER + ON_GRANTS, BACK)]
