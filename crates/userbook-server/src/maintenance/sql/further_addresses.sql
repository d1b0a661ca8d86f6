SELECT user_id, digest FROM userbook_further_address WHERE user_id > :after AND user_id <= :last
