-- Applies an update, all of it or nothing, in one statement.
--
-- All parts read the rows of one moment, the beginning. A lock waits for other writers, reads its row again and takes
-- the row only if it still is in the state decided on. So everything is locked first, in one order for all writers
-- (graph, superusers, users by id, groups by id): each part depends on the part before. Nothing is written unless
-- everything was locked.
-- $1 user, $2 expected revision, $3 new revision, $4 new version, $5 username, $6 name, $7 is_active,
-- $8 whether last_login changes, $9 last_login, $10 email, $11 attributes, $12 path, $13 type,
-- $14 expected graph, $15 whether it changes, $16 expected superusers, $17 whether they change, $18 actor,
-- $19 the actor's expected revision, $20 groups to join, $21 groups to leave,
-- $22 the event's id, $23 kind, $24 user, $25 group, $26 version, $27 moment, $28 the event as JSON
WITH
graph_changed AS (
    SELECT FROM userbook_epoch WHERE name = 'graph' AND value = $14 AND $15 FOR NO KEY UPDATE
),
graph_relied AS (
    SELECT FROM userbook_epoch WHERE name = 'graph' AND value = $14 AND NOT $15 FOR SHARE
),
graph (holds) AS (
    SELECT $14::bigint IS NULL
        OR CASE WHEN $15 THEN EXISTS (TABLE graph_changed) ELSE EXISTS (TABLE graph_relied) END
),
superusers_changed AS (
    SELECT FROM userbook_epoch
    WHERE name = 'superusers' AND value = $16 AND $17 AND (SELECT holds FROM graph)
    FOR NO KEY UPDATE
),
superusers_relied AS (
    SELECT FROM userbook_epoch
    WHERE name = 'superusers' AND value = $16 AND NOT $17 AND (SELECT holds FROM graph)
    FOR SHARE
),
counters (hold) AS (
    SELECT holds AND (
        $16::bigint IS NULL
        OR CASE WHEN $17 THEN EXISTS (TABLE superusers_changed) ELSE EXISTS (TABLE superusers_relied) END
    )
    FROM graph
),
actor_before AS (
    SELECT FROM userbook_user
    WHERE id = $18 AND revision = $19 AND $18 < $1 AND (SELECT hold FROM counters)
    FOR SHARE
),
before_subject (hold) AS (
    SELECT CASE WHEN $18 < $1 THEN EXISTS (TABLE actor_before) ELSE (SELECT hold FROM counters) END
),
subject AS (
    SELECT FROM userbook_user
    WHERE id = $1 AND revision = $2 AND (SELECT hold FROM before_subject)
    FOR NO KEY UPDATE
),
actor_after AS (
    SELECT FROM userbook_user
    WHERE id = $18 AND revision = $19 AND $18 >= $1 AND EXISTS (TABLE subject)
    FOR SHARE
),
guards (hold) AS (
    SELECT CASE WHEN $18 >= $1 THEN EXISTS (TABLE actor_after) ELSE EXISTS (TABLE subject) END
),
present AS (
    SELECT id FROM userbook_group
    WHERE id = ANY ($20::uuid[]) AND (SELECT hold FROM guards)
    ORDER BY id
    FOR KEY SHARE
),
taken (is_taken) AS (
    SELECT EXISTS (SELECT FROM userbook_user WHERE username = $5 AND id <> $1)
),
updated AS (
    UPDATE userbook_user
    SET
        revision = $3,
        version = $4,
        username = coalesce($5, username),
        name = coalesce($6, name),
        is_active = coalesce($7, is_active),
        last_login = CASE WHEN $8 THEN $9 ELSE last_login END,
        email = coalesce($10, email),
        attributes = coalesce($11, attributes),
        path = coalesce($12, path),
        type = coalesce($13, type)
    WHERE id = $1
        AND revision = $2
        AND (SELECT hold FROM guards)
        AND NOT (SELECT is_taken FROM taken)
        AND (SELECT count(*) FROM present) = cardinality($20::uuid[])
    RETURNING id, can_act
),
counted AS (
    UPDATE userbook_epoch
    SET value = value + 1
    WHERE ((name = 'graph' AND $15) OR (name = 'superusers' AND $17)) AND EXISTS (TABLE updated)
),
left_groups AS (
    DELETE FROM userbook_membership AS member
    USING updated
    WHERE member.user_id = updated.id AND member.group_id = ANY ($21::uuid[])
),
joined_groups AS (
    INSERT INTO userbook_membership (user_id, group_id, can_act)
    SELECT updated.id, wanted.id, updated.can_act
    FROM updated CROSS JOIN unnest($20::uuid[]) AS wanted (id)
    ON CONFLICT (user_id, group_id) DO NOTHING
),
event AS (
    INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
    SELECT $22, $23, $24, $25, $26, $27, $28 FROM updated
)
SELECT EXISTS (TABLE updated) AS applied, EXISTS (SELECT FROM userbook_user WHERE id = $1) AS is_there
