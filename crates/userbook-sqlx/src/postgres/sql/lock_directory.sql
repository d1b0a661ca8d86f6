-- Blocks writers and other imports. Readers continue.
LOCK TABLE userbook_user, userbook_group, userbook_membership IN SHARE ROW EXCLUSIVE MODE
