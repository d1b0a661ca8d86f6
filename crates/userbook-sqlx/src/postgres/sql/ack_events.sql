-- Rows are locked in one order, so that concurrent acknowledgements do not deadlock.
UPDATE userbook_event
SET acked_at = now()
WHERE acked_at IS NULL AND seq IN (
    SELECT seq FROM userbook_event WHERE id = ANY (:ids::uuid[]) AND acked_at IS NULL ORDER BY seq FOR UPDATE
)
