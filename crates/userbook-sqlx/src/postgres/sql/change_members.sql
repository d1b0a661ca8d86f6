-- Writes the member changes of one group, whose users are locked: rows, memberships, events.
WITH
updated AS (
    UPDATE userbook_user AS u
    SET
        revision = wanted.revision,
        version = wanted.version,
        updated_at = wanted.updated_at,
        session_epoch = coalesce(wanted.session_epoch, u.session_epoch)
    FROM unnest(
        :user::bigint[],
        :revision::uuid[],
        :version::bigint[],
        :event_time::timestamptz[],
        :session_epoch::uuid[],
        :joins::boolean[],
        :group::uuid[]
    ) AS wanted (id, revision, version, updated_at, session_epoch, joins, group_id)
    WHERE u.id = wanted.id
    RETURNING u.id, u.can_act, wanted.joins, wanted.group_id
),
left_group AS (
    DELETE FROM userbook_membership AS member
    USING updated
    WHERE member.user_id = updated.id AND member.group_id = updated.group_id AND NOT updated.joins
),
joined_group AS (
    INSERT INTO userbook_membership (user_id, group_id, can_act)
    SELECT id, group_id, can_act FROM updated WHERE joins
    ON CONFLICT (user_id, group_id) DO NOTHING
)
INSERT INTO userbook_event (id, kind, user_id, group_id, version, occurred_at, body)
SELECT * FROM unnest(
    :event_id::uuid[],
    :event_kind::text[],
    :event_user::bigint[],
    :event_group::uuid[],
    :event_version::bigint[],
    :event_time::timestamptz[],
    :event_body::text[]
)
