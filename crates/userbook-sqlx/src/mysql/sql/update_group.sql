-- In this order: name, is_superuser, parent, attributes, id
UPDATE userbook_group SET name = ?, is_superuser = ?, parent = ?, attributes = ? WHERE id = ?
