-- Whether there are users or groups.
SELECT EXISTS (SELECT FROM userbook_user) OR EXISTS (SELECT FROM userbook_group) AS any_rows
