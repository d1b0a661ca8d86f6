-- Whether the counters and the actor have the expected state, and locks them until the transaction ends. All writers
-- lock in the same order: graph, superusers, actor.
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
actor AS (
    SELECT FROM userbook_user WHERE id = :actor AND revision = :actor_revision AND (SELECT hold FROM counters) FOR SHARE
)
SELECT CASE WHEN :actor::bigint IS NULL THEN hold ELSE EXISTS (TABLE actor) END AS hold FROM counters
