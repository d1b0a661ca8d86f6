-- Child groups lose their parent.
UPDATE userbook_group SET parent = NULL, updated_at = :updated_at WHERE parent = :group
