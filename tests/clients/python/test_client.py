"""The official Python client against the reference server."""

import os
import unittest

import authentik_client
from authentik_client.exceptions import BadRequestException, ForbiddenException, NotFoundException
from authentik_client.models import PatchedUserRequest, UserAccountRequest, UserRequest, UserTypeEnum

from common import ADA, ADMINS, IS_2026_8, STAFF, client, core


class Client(unittest.TestCase):
    def setUp(self):
        core().core_users_update(
            ADA,
            UserRequest(
                username="ada",
                name="Ada Lovelace",
                email="ada@example.com",
                is_active=True,
                path="users/eu",
                type=UserTypeEnum.INTERNAL,
                groups=[STAFF],
                attributes={"theme": "dark"},
            ),
        )

    def test_retrieve(self):
        user = core().core_users_retrieve(ADA)
        self.assertEqual((user.pk, user.username, user.path), (ADA, "ada", "users/eu"))
        self.assertEqual(user.groups, [STAFF])
        self.assertEqual([group.name for group in user.groups_obj], ["Staff"])
        self.assertFalse(user.is_superuser)
        self.assertTrue(user.avatar.startswith("data:image/svg+xml;base64,"))

    def test_put_keeps_missing_fields_and_clears_groups(self):
        user = core().core_users_update(ADA, UserRequest(username="ada", name="Ada King"))
        self.assertEqual(user.name, "Ada King")
        self.assertEqual((user.email, user.attributes), ("ada@example.com", {"theme": "dark"}))
        self.assertEqual(user.groups, [])

    def test_patch(self):
        user = core().core_users_partial_update(
            ADA, patched_user_request=PatchedUserRequest(email="ada@example.org", attributes={"a": [1, {"b": None}]})
        )
        self.assertEqual((user.email, user.name), ("ada@example.org", "Ada Lovelace"))
        self.assertEqual(core().core_users_retrieve(ADA).attributes, {"a": [1, {"b": None}]})

    def test_list(self):
        page = core().core_users_list(username="ada")
        self.assertEqual([user.pk for user in page.results], [ADA])
        self.assertEqual((page.pagination.count, page.pagination.next, page.pagination.previous), (1, 0, 0))
        first = core().core_users_list(ordering="username", page_size=3)
        self.assertEqual([user.username for user in first.results], ["ada", "admin", "desk"])
        self.assertEqual((first.pagination.next, first.pagination.total_pages), (2, 2))
        rest = core().core_users_list(ordering="username", page_size=3, page=2)
        self.assertEqual([user.username for user in rest.results], ["guest"])
        by_group = core().core_users_list(groups_by_pk=[STAFF], include_groups=False)
        self.assertEqual([user.pk for user in by_group.results], [ADA])
        self.assertIsNone(by_group.results[0].groups_obj)
        self.assertEqual([u.pk for u in core().core_users_list(search="LOVELACE").results], [ADA])
        self.assertEqual([u.pk for u in core().core_users_list(type=["external"]).results], [3])

    def test_me_config_and_groups(self):
        me = core("key-of-the-help-desk").core_users_me_retrieve()
        self.assertEqual((me.user.pk, me.user.username, me.user.is_superuser), (2, "desk", False))
        self.assertIsNotNone(authentik_client.RootApi(client("key-of-the-admin")).root_config_retrieve())
        groups = core().core_groups_list(name="Staff")
        self.assertEqual([group.users for group in groups.results], [[ADA]])
        staff = core().core_groups_retrieve(STAFF)
        self.assertEqual([member.username for member in staff.users_obj], ["ada"])

    def test_members_are_added_and_removed(self):
        core().core_groups_add_user_create(STAFF, UserAccountRequest(pk=3))
        self.assertEqual(core().core_users_retrieve(3).groups, [STAFF])
        core().core_groups_remove_user_create(STAFF, UserAccountRequest(pk=3))
        self.assertEqual(core().core_users_retrieve(3).groups, [])
        with self.assertRaises(NotFoundException):
            core().core_groups_add_user_create(STAFF, UserAccountRequest(pk=4711))

    def test_errors_are_typed(self):
        with self.assertRaises(BadRequestException) as caught:
            core().core_users_update(ADA, UserRequest(username="admin", name="x", email="nowhere"))
        self.assertEqual(
            caught.exception.data.additional_properties,
            {"username": ["This field must be unique."], "email": ["Enter a valid email address."]},
        )
        with self.assertRaises(ForbiddenException) as caught:
            core("key-of-the-guest").core_users_retrieve(ADA)
        self.assertEqual(caught.exception.data.detail, "You do not have permission to perform this action.")
        with self.assertRaises(ForbiddenException):
            core("no-such-key").core_users_retrieve(ADA)
        with self.assertRaises(NotFoundException):
            core().core_users_retrieve(4711)

    def test_no_user_is_elevated(self):
        with self.assertRaises(ForbiddenException):
            core("key-of-the-help-desk").core_users_partial_update(
                3, patched_user_request=PatchedUserRequest(groups=[ADMINS])
            )
        # Read-only and unknown fields: accepted, ignored.
        status = client("key-of-the-help-desk").call_api(
            "PATCH",
            os.environ["USERBOOK_ORIGIN"] + "/api/v3/core/users/3/",
            {"Authorization": "Bearer key-of-the-help-desk", "Content-Type": "application/json"},
            {"is_superuser": True, "pk": 1, "uid": "x", "name": "Guest"} | ({} if IS_2026_8 else {"roles": ["admin"]}),
        ).status
        self.assertEqual(status, 200)
        guest = core().core_users_retrieve(3)
        self.assertEqual((guest.name, guest.is_superuser, guest.pk), ("Guest", False, 3))


if __name__ == "__main__":
    unittest.main()
