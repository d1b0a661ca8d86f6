-- Whether everything still is as it was decided on.
-- ?1 expected graph, ?2 expected superusers, ?3 actor, ?4 the actor's expected revision
SELECT
    (?1 IS NULL OR (SELECT value FROM userbook_epoch WHERE name = 'graph') = ?1)
    AND (?2 IS NULL OR (SELECT value FROM userbook_epoch WHERE name = 'superusers') = ?2)
    AND (?3 IS NULL OR EXISTS (SELECT 1 FROM userbook_user WHERE id = ?3 AND revision = ?4)) AS hold
