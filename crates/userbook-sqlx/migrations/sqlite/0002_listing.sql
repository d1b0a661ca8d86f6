-- What listing users and groups needs: indexes, and how many there are.

-- Paths, types and activity are shared by many: those come in the order in which they are listed. last_login has no
-- index, for hosts write it at each login.
CREATE INDEX userbook_user_email ON userbook_user (email);
CREATE INDEX userbook_user_name ON userbook_user (name);
CREATE INDEX userbook_user_uuid ON userbook_user (uuid);
CREATE INDEX userbook_user_path ON userbook_user (path, username);
CREATE INDEX userbook_user_type ON userbook_user (type, username);
CREATE INDEX userbook_user_active ON userbook_user (is_active, username);

-- How many rows there are: counting them would look at each. Triggers keep it right, whoever writes.
CREATE TABLE userbook_count (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO userbook_count (name, value)
SELECT 'users', count(*) FROM userbook_user
UNION ALL
SELECT 'groups', count(*) FROM userbook_group;

CREATE TRIGGER userbook_user_inserted AFTER INSERT ON userbook_user
BEGIN
    UPDATE userbook_count SET value = value + 1 WHERE name = 'users';
END;

CREATE TRIGGER userbook_user_deleted AFTER DELETE ON userbook_user
BEGIN
    UPDATE userbook_count SET value = value - 1 WHERE name = 'users';
END;

CREATE TRIGGER userbook_group_inserted AFTER INSERT ON userbook_group
BEGIN
    UPDATE userbook_count SET value = value + 1 WHERE name = 'groups';
END;

CREATE TRIGGER userbook_group_deleted AFTER DELETE ON userbook_group
BEGIN
    UPDATE userbook_count SET value = value - 1 WHERE name = 'groups';
END;
