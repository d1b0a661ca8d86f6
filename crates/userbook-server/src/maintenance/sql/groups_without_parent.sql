SELECT count(*) AS problems
FROM userbook_group AS child
LEFT JOIN userbook_group AS parent ON parent.id = child.parent
WHERE child.parent IS NOT NULL AND parent.id IS NULL
