SELECT count(*) AS problems
FROM userbook_membership AS membership
LEFT JOIN userbook_user AS member ON member.id = membership.user_id
LEFT JOIN userbook_group AS joined ON joined.id = membership.group_id
WHERE member.id IS NULL OR joined.id IS NULL
