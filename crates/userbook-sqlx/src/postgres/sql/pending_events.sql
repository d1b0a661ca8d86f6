-- Events that were not handed on, those of one user in the order of their commits.
-- $1 how many at most
SELECT body FROM userbook_event WHERE acked_at IS NULL ORDER BY seq LIMIT $1
