-- Whether everything still is as it was decided on; what is stays so until the transaction ends. Locked in an
-- order that is the same for all: graph, superusers, actor.
-- $1 expected graph, $2 whether it changes, $3 expected superusers, $4 whether they change, $5 actor,
-- $6 the actor's expected revision
WITH
graph_changed AS (
    SELECT FROM userbook_epoch WHERE name = 'graph' AND value = $1 AND $2 FOR NO KEY UPDATE
),
graph_relied AS (
    SELECT FROM userbook_epoch WHERE name = 'graph' AND value = $1 AND NOT $2 FOR SHARE
),
graph (holds) AS (
    SELECT $1::bigint IS NULL
        OR CASE WHEN $2 THEN EXISTS (TABLE graph_changed) ELSE EXISTS (TABLE graph_relied) END
),
superusers_changed AS (
    SELECT FROM userbook_epoch
    WHERE name = 'superusers' AND value = $3 AND $4 AND (SELECT holds FROM graph)
    FOR NO KEY UPDATE
),
superusers_relied AS (
    SELECT FROM userbook_epoch
    WHERE name = 'superusers' AND value = $3 AND NOT $4 AND (SELECT holds FROM graph)
    FOR SHARE
),
counters (hold) AS (
    SELECT holds AND (
        $3::bigint IS NULL
        OR CASE WHEN $4 THEN EXISTS (TABLE superusers_changed) ELSE EXISTS (TABLE superusers_relied) END
    )
    FROM graph
),
actor AS (
    SELECT FROM userbook_user WHERE id = $5 AND revision = $6 AND (SELECT hold FROM counters) FOR SHARE
)
SELECT CASE WHEN $5::bigint IS NULL THEN hold ELSE EXISTS (TABLE actor) END AS hold FROM counters
