-- Whether the counters and the actor have the expected state.
SELECT
    (:graph IS NULL OR (SELECT value FROM userbook_epoch WHERE name = 'graph') = :graph)
    AND (:superusers IS NULL OR (SELECT value FROM userbook_epoch WHERE name = 'superusers') = :superusers)
    AND (
        :actor IS NULL
        OR EXISTS (SELECT 1 FROM userbook_user WHERE id = :actor AND revision = :actor_revision)
    ) AS hold
