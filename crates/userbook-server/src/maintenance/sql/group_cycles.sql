-- Follows each group upwards until the start comes again, for at most 100 steps.
WITH RECURSIVE chain (start, parent, depth) AS (
    SELECT id, parent, 1 FROM userbook_group WHERE parent IS NOT NULL
    UNION ALL
    SELECT chain.start, above.parent, chain.depth + 1
    FROM chain JOIN userbook_group AS above ON above.id = chain.parent
    WHERE above.parent IS NOT NULL AND chain.depth < 100 AND chain.parent <> chain.start
)
SELECT count(DISTINCT start) AS problems FROM chain WHERE parent = start
