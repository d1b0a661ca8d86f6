-- All that a decision about groups or new users needs, in one moment: one row of facts, one row for each group
-- that was asked for, that the actor is in, or that is above one of these, and, if asked for, one row for each
-- group's place in the hierarchy.
-- ?1 user name asked for, ?2 group name asked for, ?3 groups asked for (JSON array of hexadecimal ids), ?4 actor,
-- ?5 whether the hierarchy is asked for, ?6 groups whose active members are asked for (like ?3),
-- ?7 change asked for
WITH RECURSIVE
closure (group_id, depth) AS (
    SELECT group_id, 0 FROM userbook_membership WHERE user_id = ?4
    UNION
    SELECT unhex(value), 0 FROM json_each(?3)
    UNION
    SELECT child.parent, closure.depth + 1
    FROM closure JOIN userbook_group AS child ON child.id = closure.group_id
    WHERE child.parent IS NOT NULL AND closure.depth < 19
)
SELECT
    'facts' AS part,
    EXISTS (SELECT 1 FROM userbook_user WHERE username = ?1) AS username_taken,
    (SELECT id FROM userbook_group WHERE name = ?2) AS group_named,
    actor.id AS actor_id,
    actor.is_active AS actor_active,
    actor.type AS actor_type,
    actor.revision AS actor_revision,
    EXISTS (
        SELECT 1
        FROM json_each(?6) AS wanted CROSS JOIN userbook_membership AS member
            ON member.group_id = unhex(wanted.value)
        WHERE member.user_active = 1
    ) AS active_member,
    (SELECT value FROM userbook_epoch WHERE name = 'graph') AS graph_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'superusers') AS superusers_epoch,
    (SELECT value FROM userbook_epoch WHERE name = 'next_user') AS next_user,
    EXISTS (SELECT 1 FROM userbook_event WHERE userbook_event.id = ?7) AS landed,
    NULL AS uuid,
    NULL AS name,
    NULL AS is_superuser,
    NULL AS parent,
    NULL AS attributes,
    NULL AS of_actor
FROM (SELECT 1) LEFT JOIN userbook_user AS actor ON actor.id = ?4
UNION ALL
SELECT
    'group',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.id,
    g.name,
    g.is_superuser,
    g.parent,
    g.attributes,
    EXISTS (SELECT 1 FROM userbook_membership WHERE user_id = ?4 AND group_id = g.id)
FROM (SELECT DISTINCT group_id FROM closure) AS wanted
CROSS JOIN userbook_group AS g ON g.id = wanted.group_id
UNION ALL
SELECT
    'shape',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    g.id,
    NULL,
    g.is_superuser,
    g.parent,
    NULL, NULL
FROM userbook_group AS g
WHERE ?5
