"""Create, change and delete users and groups through the official Python client of either release."""

import datetime
import unittest

from authentik_client.exceptions import BadRequestException, ForbiddenException, NotFoundException
from authentik_client.models import (
    GroupRequest,
    PatchedGroupRequest,
    UserAccountRequest,
    UserPasswordSetRequest,
    UserRequest,
    UserServiceAccountRequest,
    UserTypeEnum,
)

from common import ADA, ADMINS, IS_2026_8, STAFF, core


def below(parent):
    """Returns the member of a group request that names the parent."""
    return {"parents": [parent]} if IS_2026_8 else {"parent": parent}


def parent_of(group):
    return (group.parents or [None])[0] if IS_2026_8 else group.parent


class Lifecycle(unittest.TestCase):
    def user(self, username, **fields):
        user = core().core_users_create(UserRequest(username=username, name=username.title(), **fields))
        self.addCleanup(self.forget_user, user.pk)
        return user

    def group(self, name, **fields):
        group = core().core_groups_create(GroupRequest(name=name, **fields))
        self.addCleanup(self.forget_group, group.pk)
        return group

    def forget_user(self, pk):
        try:
            core().core_users_destroy(pk)
        except NotFoundException:
            pass

    def forget_group(self, pk):
        try:
            core().core_groups_destroy(pk)
        except NotFoundException:
            pass

    def test_create_and_delete_a_user(self):
        user = self.user("eve", groups=[STAFF], email="eve@example.com", path="users/us", attributes={"a": [1]})
        self.assertEqual((user.name, user.is_active, user.type), ("Eve", True, UserTypeEnum.INTERNAL))
        self.assertEqual((user.groups, user.attributes, user.last_login), ([STAFF], {"a": [1]}, None))
        self.assertEqual(core().core_users_retrieve(user.pk).uid, user.uid)
        core().core_users_destroy(user.pk)
        with self.assertRaises(NotFoundException):
            core().core_users_retrieve(user.pk)

    def test_rejected_creations(self):
        with self.assertRaises(BadRequestException) as caught:
            core().core_users_create(UserRequest(username="ada", name="Ada"))
        self.assertEqual(caught.exception.data.additional_properties, {"username": ["This field must be unique."]})
        with self.assertRaises(ForbiddenException):
            core("key-of-the-help-desk").core_users_create(UserRequest(username="eve", name="Eve"))
        with self.assertRaises(ForbiddenException):
            core("key-of-the-help-desk").core_users_destroy(ADA)

    def test_a_group_with_parent_and_members(self):
        group = self.group("Night shift", users=[ADA], attributes={"floor": 3}, **below(STAFF))
        self.assertEqual((parent_of(group), group.users, group.attributes), (STAFF, [ADA], {"floor": 3}))
        self.assertEqual([member.username for member in group.users_obj], ["ada"])
        replaced = core().core_groups_update(group.pk, GroupRequest(name="Late shift"))
        self.assertEqual((replaced.name, replaced.users, parent_of(replaced)), ("Late shift", [], None))
        patched = core().core_groups_partial_update(group.pk, patched_group_request=PatchedGroupRequest(users=[ADA]))
        self.assertEqual((patched.name, patched.users), ("Late shift", [ADA]))
        core().core_groups_destroy(group.pk)
        with self.assertRaises(NotFoundException):
            core().core_groups_retrieve(group.pk)
        self.assertNotIn(group.pk, core().core_users_retrieve(ADA).groups)

    def test_rejected_groups(self):
        with self.assertRaises(BadRequestException) as caught:
            core().core_groups_create(GroupRequest(name="Staff", **below(ADMINS)))
        self.assertEqual(caught.exception.data.additional_properties, {"name": ["This field must be unique."]})
        group = self.group("Loop")
        with self.assertRaises(BadRequestException) as caught:
            core().core_groups_update(group.pk, GroupRequest(name="Loop", **below(group.pk)))
        name = "parents" if IS_2026_8 else "parent"
        self.assertEqual(
            caught.exception.data.additional_properties, {name: ["Cannot set group as parent of itself."]}
        )

    def test_members(self):
        group = self.group("Readers")
        core().core_groups_add_user_create(group.pk, UserAccountRequest(pk=ADA))
        self.assertEqual(core().core_groups_retrieve(group.pk).users, [ADA])
        core().core_groups_remove_user_create(group.pk, UserAccountRequest(pk=ADA))
        self.assertEqual(core().core_groups_retrieve(group.pk).users, [])

    def test_service_account(self):
        expires = datetime.datetime(2035, 1, 1, tzinfo=datetime.timezone.utc)
        request = UserServiceAccountRequest(name="robot", create_group=True, expiring=True, expires=expires)
        made = core().core_users_service_account_create(request)
        self.addCleanup(self.forget_user, made.user_pk)
        self.addCleanup(self.forget_group, made.group_pk)
        self.assertEqual((made.username, len(made.token)), ("robot", 60))
        user = core().core_users_retrieve(made.user_pk)
        self.assertEqual((user.uid, user.type), (made.user_uid, UserTypeEnum.SERVICE_ACCOUNT))
        self.assertEqual(user.path, "goauthentik.io/service-accounts")
        self.assertEqual([group.name for group in user.groups_obj], ["robot"])

    def test_passwords_belong_to_the_host(self):
        with self.assertRaises(BadRequestException):
            core().core_users_set_password_create(ADA, UserPasswordSetRequest(password="correct horse"))
        with self.assertRaises(ForbiddenException):
            core("key-of-the-guest").core_users_set_password_create(ADA, UserPasswordSetRequest(password="x"))

    def test_paths(self):
        self.user("uma", path="users/eu/north")
        paths = core().core_users_paths_retrieve().paths
        self.assertIn("users/eu/north", paths)
        self.assertEqual(paths, sorted(paths))
        self.assertEqual(core().core_users_paths_retrieve(search="uma").paths, ["users/eu/north"])

    def test_used_by(self):
        group = self.group("Children of staff", users=[ADA], **below(STAFF))
        user = {(it.model_name, it.name, it.action.value) for it in core().core_users_used_by_list(ADA)}
        self.assertIn(("group", "Group Children of staff", "cascade_many"), user)
        staff = {(it.model_name, it.pk, it.action.value) for it in core().core_groups_used_by_list(STAFF)}
        self.assertIn(("group", str(group.pk), "set_null"), staff)


if __name__ == "__main__":
    unittest.main()
