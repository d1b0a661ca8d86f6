-- Locks the rows of users that still have their revision until the transaction ends, in the order of ids as all
-- writers do, and counts them.
SELECT count(*) AS held
FROM (
    SELECT u.id
    FROM userbook_user AS u
        JOIN unnest(:users::bigint[], :revisions::uuid[]) AS wanted (id, revision)
            ON u.id = wanted.id AND u.revision = wanted.revision
    ORDER BY u.id
    FOR NO KEY UPDATE OF u
) AS locked
