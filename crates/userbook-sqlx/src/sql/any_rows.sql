-- Whether the database contains users or groups.
SELECT EXISTS (SELECT 1 FROM userbook_user) OR EXISTS (SELECT 1 FROM userbook_group) AS any_rows
