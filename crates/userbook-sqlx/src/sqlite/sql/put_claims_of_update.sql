-- Replaces the user's claims in the namespaces of the changed names, if the update that ran before found its row. A key
-- that another user holds exclusively is a duplicate. `WHERE` also separates the query from the conflict clause.
INSERT INTO userbook_claim (user_id, namespace, digest, is_exclusive)
SELECT u.id, claim.column1, claim.column3, claim.column4
FROM userbook_user AS u CROSS JOIN (
    VALUES
        ('login', :changes_login, :login_digest, :login_is_exclusive),
        ('email', :changes_email, :email_digest, :email_is_exclusive)
) AS claim
WHERE u.id = :user AND u.revision = :revision AND claim.column2
ON CONFLICT (user_id, namespace) DO UPDATE SET digest = excluded.digest, is_exclusive = excluded.is_exclusive
