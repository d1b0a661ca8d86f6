-- What listing users and groups needs: indexes, and how many there are.

-- Only the beginnings of texts that have no bound, for an entry of an index has one. Paths, types and activity are
-- shared by many: those come in the order in which they are listed. last_login has no index, for hosts write it at
-- each login.
CREATE INDEX userbook_user_email ON userbook_user ((left(email, 256) COLLATE "C"));
CREATE INDEX userbook_user_name ON userbook_user ((left(name, 256) COLLATE "C"));
CREATE INDEX userbook_user_uuid ON userbook_user (uuid);
CREATE INDEX userbook_user_path ON userbook_user ((left(path, 256) COLLATE "C"), username);
CREATE INDEX userbook_user_type ON userbook_user (type, username);
CREATE INDEX userbook_user_active ON userbook_user (is_active, username);

-- How many rows there are: counting them would look at each. Triggers keep it right, whoever writes.
CREATE TABLE userbook_count (
    name text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
);

-- Run once a statement, and writes only if rows came or went. It finds the tables where this migration puts them,
-- whatever the search path is later.
CREATE FUNCTION userbook_count_rows() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    difference bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE userbook_count SET value = 0 WHERE name = TG_ARGV[0];
        RETURN NULL;
    END IF;
    SELECT CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END INTO difference FROM changed;
    IF difference <> 0 THEN
        UPDATE userbook_count SET value = value + difference WHERE name = TG_ARGV[0];
    END IF;
    RETURN NULL;
END
$$;

-- From here on nobody else writes to these tables until this is committed, so what is counted below is right.
CREATE TRIGGER userbook_user_inserted AFTER INSERT ON userbook_user
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('users');
CREATE TRIGGER userbook_user_deleted AFTER DELETE ON userbook_user
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('users');
CREATE TRIGGER userbook_user_truncated AFTER TRUNCATE ON userbook_user
    FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('users');
CREATE TRIGGER userbook_group_inserted AFTER INSERT ON userbook_group
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('groups');
CREATE TRIGGER userbook_group_deleted AFTER DELETE ON userbook_group
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('groups');
CREATE TRIGGER userbook_group_truncated AFTER TRUNCATE ON userbook_group
    FOR EACH STATEMENT EXECUTE FUNCTION userbook_count_rows('groups');

INSERT INTO userbook_count (name, value)
SELECT 'users', count(*) FROM userbook_user
UNION ALL
SELECT 'groups', count(*) FROM userbook_group;
