-- Applies an update, all of it or nothing, in one statement.
--
-- All parts read one snapshot, taken at the beginning. A lock waits for other writers, reads its row again and takes
-- the row only if the row still has the expected state. Everything is therefore locked first, in one order for all
-- writers (graph, superusers, users by id, groups by id): each part depends on the part before. Nothing is written
-- unless everything was locked.
WITH
graph_changed AS (
    SELECT FROM userbook_epoch WHERE name = 'graph' AND value = :graph AND :bumps_graph FOR NO KEY UPDATE
),
graph_relied AS (
    SELECT FROM userbook_epoch WHERE name = 'graph' AND value = :graph AND NOT :bumps_graph FOR SHARE
),
graph (holds) AS (
    SELECT :graph::bigint IS NULL
        OR CASE WHEN :bumps_graph THEN EXISTS (TABLE graph_changed) ELSE EXISTS (TABLE graph_relied) END
),
superusers_changed AS (
    SELECT FROM userbook_epoch
    WHERE name = 'superusers' AND value = :superusers AND :bumps_superusers AND (SELECT holds FROM graph)
    FOR NO KEY UPDATE
),
superusers_relied AS (
    SELECT FROM userbook_epoch
    WHERE name = 'superusers' AND value = :superusers AND NOT :bumps_superusers AND (SELECT holds FROM graph)
    FOR SHARE
),
counters (hold) AS (
    SELECT holds AND (
        :superusers::bigint IS NULL
        OR CASE WHEN :bumps_superusers THEN EXISTS (TABLE superusers_changed) ELSE EXISTS (TABLE superusers_relied) END
    )
    FROM graph
),
actor_before AS (
    SELECT FROM userbook_user
    WHERE id = :actor AND revision = :actor_revision AND :actor < :user AND (SELECT hold FROM counters)
    FOR SHARE
),
before_subject (hold) AS (
    SELECT CASE WHEN :actor < :user THEN EXISTS (TABLE actor_before) ELSE (SELECT hold FROM counters) END
),
subject AS (
    SELECT FROM userbook_user
    WHERE id = :user AND revision = :expected AND (SELECT hold FROM before_subject)
    FOR NO KEY UPDATE
),
actor_after AS (
    SELECT FROM userbook_user
    WHERE id = :actor AND revision = :actor_revision AND :actor >= :user AND EXISTS (TABLE subject)
    FOR SHARE
),
guards (hold) AS (
    SELECT CASE WHEN :actor >= :user THEN EXISTS (TABLE actor_after) ELSE EXISTS (TABLE subject) END
),
present AS (
    SELECT id FROM userbook_group
    WHERE id = ANY (:groups_added::uuid[]) AND (SELECT hold FROM guards)
    ORDER BY id
    FOR KEY SHARE
),
taken (is_taken) AS (
    SELECT EXISTS (SELECT FROM userbook_user WHERE username = :username AND id <> :user)
),
updated AS (
    UPDATE userbook_user
    SET
        revision = :revision,
        version = :version,
        updated_at = :event_time,
        session_epoch = coalesce(:session_epoch, session_epoch),
        username = coalesce(:username, username),
        name = coalesce(:name, name),
        is_active = coalesce(:is_active, is_active),
        last_login = CASE WHEN :sets_last_login THEN :last_login ELSE last_login END,
        password_change_date = coalesce(:password_change_date, password_change_date),
        email = coalesce(:email, email),
        attributes = coalesce(:attributes, attributes),
        external_ids = coalesce(:external_ids, external_ids),
        path = coalesce(:path, path),
        type = coalesce(:type, type)
    WHERE id = :user
        AND revision = :expected
        AND (SELECT hold FROM guards)
        AND NOT (SELECT is_taken FROM taken)
        AND (SELECT count(*) FROM present) = cardinality(:groups_added::uuid[])
    RETURNING id, can_act
),
counted AS (
    UPDATE userbook_epoch
    SET value = value + 1
    WHERE ((name = 'graph' AND :bumps_graph) OR (name = 'superusers' AND :bumps_superusers)) AND EXISTS (TABLE updated)
),
left_groups AS (
    DELETE FROM userbook_membership AS member
    USING updated
    WHERE member.user_id = updated.id AND member.group_id = ANY (:groups_removed::uuid[])
),
joined_groups AS (
    INSERT INTO userbook_membership (user_id, group_id, can_act)
    SELECT updated.id, wanted.id, updated.can_act
    FROM updated CROSS JOIN unnest(:groups_added::uuid[]) AS wanted (id)
    ON CONFLICT (user_id, group_id) DO NOTHING
),
held AS (
    SELECT namespace, digest, is_exclusive FROM userbook_claim WHERE user_id = :user AND (:changes_login OR :changes_email)
),
names (namespace, digest, is_exclusive) AS (
    SELECT 'login', :login_digest::text, :login_is_exclusive::boolean WHERE :changes_login
    UNION ALL
    SELECT 'email', :email_digest::text, :email_is_exclusive::boolean WHERE :changes_email
    UNION ALL
    SELECT namespace, digest, is_exclusive FROM held
    WHERE NOT CASE namespace WHEN 'login' THEN :changes_login::boolean ELSE :changes_email::boolean END
),
-- The first name that has an exclusive key claims it, as Claim::after does.
claimed AS (
    INSERT INTO userbook_claim (user_id, namespace, digest, is_exclusive)
    SELECT updated.id, names.namespace, names.digest, nullif(
        row_number() OVER (PARTITION BY names.digest ORDER BY names.namespace DESC) = 1
        AND (
            bool_or(names.is_exclusive IS TRUE) OVER (PARTITION BY names.digest)
            OR names.digest IN (SELECT held.digest FROM held WHERE held.is_exclusive)
        ),
        FALSE
    )
    FROM updated CROSS JOIN names
    ON CONFLICT (user_id, namespace) DO UPDATE SET digest = excluded.digest, is_exclusive = excluded.is_exclusive
),
event AS (
    INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
    SELECT :event_id, :event_kind, :event_user, :event_group, :event_version, :event_time, :event_body FROM updated
)
SELECT EXISTS (TABLE updated) AS applied, EXISTS (SELECT FROM userbook_user WHERE id = :user) AS is_there
