SELECT count(*) AS problems
FROM userbook_membership AS membership
JOIN userbook_user AS member ON member.id = membership.user_id
WHERE membership.can_act <> member.can_act
