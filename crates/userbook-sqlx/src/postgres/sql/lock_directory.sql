-- Keeps writers out, and others who import, while readers go on.
LOCK TABLE userbook_user, userbook_group, userbook_membership IN SHARE ROW EXCLUSIVE MODE
