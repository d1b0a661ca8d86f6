-- Writes the member changes of one group, whose users are locked: rows, memberships, events.
-- $1 users, $2 new revisions, $3 new versions, $4 whether each joins, $5 group,
-- $6 the events' ids, $7 kinds, $8 users, $9 groups, $10 versions, $11 moments, $12 the events as JSON
WITH
updated AS (
    UPDATE userbook_user AS u
    SET revision = wanted.revision, version = wanted.version
    FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::boolean[]) AS wanted (id, revision, version, joins)
    WHERE u.id = wanted.id
    RETURNING u.id, u.can_act, wanted.joins
),
left_group AS (
    DELETE FROM userbook_membership AS member
    USING updated
    WHERE member.user_id = updated.id AND member.group_id = $5 AND NOT updated.joins
),
joined_group AS (
    INSERT INTO userbook_membership (user_id, group_id, can_act)
    SELECT id, $5, can_act FROM updated WHERE joins
    ON CONFLICT (user_id, group_id) DO NOTHING
)
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
SELECT * FROM unnest(
    $6::uuid[], $7::text[], $8::bigint[], $9::uuid[], $10::bigint[], $11::timestamptz[], $12::text[]
)
