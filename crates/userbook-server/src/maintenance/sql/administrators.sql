-- People who can act as superuser, and those of them with a token for the API.
WITH RECURSIVE granting (id) AS (
    SELECT id FROM userbook_group WHERE is_superuser
    UNION
    SELECT child.id FROM userbook_group AS child JOIN granting ON child.parent = granting.id
),
people (id) AS (
    SELECT DISTINCT membership.user_id
    FROM userbook_membership AS membership JOIN granting ON granting.id = membership.group_id
    WHERE membership.can_act = 2
)
SELECT
    (SELECT count(*) FROM people) AS people,
    (SELECT count(*) FROM people JOIN userbook_server_token AS token ON token.user_id = people.id
        WHERE token.intent = 'api') AS with_token
