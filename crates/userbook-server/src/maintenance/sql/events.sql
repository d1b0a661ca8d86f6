-- Events since a time, newest first: of one user or of any, pending ones or all.
SELECT body, acked_at
FROM userbook_event
WHERE (:any_user OR user_id = :user) AND occurred_at >= :since AND (:all OR acked_at IS NULL)
ORDER BY seq DESC
LIMIT :limit
