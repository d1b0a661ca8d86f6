-- What listing users and groups needs: indexes, and how many there are. Each statement can be repeated.

-- Only the beginnings of texts that have no bound, for an entry of an index has one. last_login has no index, for
-- hosts write it at each login. All or none of these indexes are there: one statement makes them, unless it has done so.
SET @userbook_listing = IF(
    EXISTS (
        SELECT 1 FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = 'userbook_user' AND index_name = 'userbook_user_email'
    ),
    'DO 0',
    'ALTER TABLE userbook_user
        ADD KEY userbook_user_email (email(190)),
        ADD KEY userbook_user_name (name(190)),
        ADD KEY userbook_user_uuid (uuid),
        ADD KEY userbook_user_path (path(190)),
        ADD KEY userbook_user_type (type, username),
        ADD KEY userbook_user_active (is_active, username)'
);
PREPARE userbook_listing FROM @userbook_listing;
EXECUTE userbook_listing;
DEALLOCATE PREPARE userbook_listing;
SET @userbook_listing = NULL;

-- How many rows there are: counting them would look at each. The store keeps it right, with whatever else it writes;
-- a trigger needs a privilege that hosts often lack.
CREATE TABLE IF NOT EXISTS userbook_count (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;

INSERT INTO userbook_count (name, value)
SELECT 'users', COUNT(*) FROM userbook_user
UNION ALL
SELECT 'groups', COUNT(*) FROM userbook_group
ON DUPLICATE KEY UPDATE value = VALUES(value);
