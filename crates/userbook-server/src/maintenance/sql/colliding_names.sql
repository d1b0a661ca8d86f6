-- Users with one folded name. Names that only e-mail addresses share count if :emails is true, other names if :logins is.
SELECT
    count(DISTINCT user_id) AS users,
    min(user_id) AS first_user,
    max(user_id) AS last_user,
    count(CASE WHEN namespace = 'login' THEN 1 END) AS logins
FROM userbook_claim
WHERE digest IS NOT NULL
GROUP BY digest
HAVING count(DISTINCT user_id) > 1
    AND CASE WHEN count(CASE WHEN namespace = 'login' THEN 1 END) > 0 THEN :logins ELSE :emails END
ORDER BY min(user_id), max(user_id)
LIMIT :limit
