-- The names of users, and their claims.
SELECT
    users.id AS id,
    users.username AS username,
    users.email AS email,
    login.user_id AS login_claim,
    login.digest AS login_digest,
    address.user_id AS email_claim,
    address.digest AS email_digest
FROM (SELECT id, username, email FROM userbook_user WHERE id > :after ORDER BY id LIMIT :limit) AS users
LEFT JOIN userbook_claim AS login ON login.user_id = users.id AND login.namespace = 'login'
LEFT JOIN userbook_claim AS address ON address.user_id = users.id AND address.namespace = 'email'
ORDER BY users.id
