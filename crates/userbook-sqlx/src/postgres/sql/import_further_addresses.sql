INSERT INTO userbook_further_address (user_id, digest)
SELECT * FROM unnest(:user::bigint[], :digest::text[])
