"""What the Python client of release 2026.8 has beyond that of 2025.2."""

import datetime
import unittest
from uuid import UUID

from authentik_client.exceptions import BadRequestException
from authentik_client.models import GroupRequest, PatchedUserRequest, UserRequest

from common import ADA, ADMINS, STAFF, core

ROLE = UUID("00000000-0000-4000-8000-0000000000cc")
HOUR = datetime.timedelta(hours=1)


class Release(unittest.TestCase):
    def test_dates_are_shown_filtered_and_ordered(self):
        before = datetime.datetime.now(datetime.timezone.utc) - HOUR
        user = core().core_users_create(UserRequest(username="late", name="Late"))
        self.addCleanup(core().core_users_destroy, user.pk)
        self.assertEqual(user.date_joined, user.last_updated)
        changed = core().core_users_partial_update(user.pk, patched_user_request=PatchedUserRequest(name="Later"))
        self.assertEqual(changed.date_joined, user.date_joined)
        self.assertGreater(changed.last_updated, user.last_updated)

        def found(**filters):
            return [found.pk for found in core().core_users_list(**filters).results]

        self.assertEqual(found(date_joined=user.date_joined, username="late"), [user.pk])
        self.assertIn(user.pk, found(date_joined__gt=before))
        self.assertNotIn(user.pk, found(date_joined__lt=before))
        self.assertEqual(found(last_updated=changed.last_updated), [user.pk])
        self.assertEqual(found(last_updated__gt=user.last_updated + HOUR), [])
        self.assertEqual(found(last_login__isnull=False), [ADA])
        self.assertEqual(found(last_login__lt=before), [ADA])
        self.assertEqual(found(ordering="-date_joined")[0], user.pk)
        self.assertEqual(found(ordering="last_updated")[-1], user.pk)

    def test_no_user_has_roles(self):
        user = core().core_users_retrieve(ADA)
        self.assertEqual((user.roles, user.roles_obj), ([], []))
        listed = core().core_users_list(username="ada", include_roles=False)
        self.assertIsNone(listed.results[0].roles_obj)
        self.assertEqual(listed.autocomplete, {})
        kept = core().core_users_partial_update(ADA, patched_user_request=PatchedUserRequest(roles=[]))
        self.assertEqual(kept.roles, [])
        for call in [
            lambda: core().core_users_partial_update(ADA, patched_user_request=PatchedUserRequest(roles=[ROLE])),
            lambda: core().core_users_create(UserRequest(username="x", name="x", roles=[ROLE])),
            lambda: core().core_groups_create(GroupRequest(name="x", roles=[ROLE])),
        ]:
            with self.assertRaises(BadRequestException) as caught:
                call()
            self.assertEqual(
                caught.exception.data.additional_properties,
                {"roles": [f'Invalid pk "{ROLE}" - object does not exist.']},
            )
        with self.assertRaises(BadRequestException):
            core().core_users_list(roles_by_pk=[ROLE])

    def test_parents_and_children(self):
        child = core().core_groups_create(GroupRequest(name="Child", parents=[STAFF]))
        self.addCleanup(core().core_groups_destroy, child.pk)
        self.assertEqual((child.parents, child.parents_obj), ([STAFF], None))
        staff = core().core_groups_retrieve(STAFF)
        self.assertEqual((staff.children, staff.children_obj), ([child.pk], None))
        staff = core().core_groups_retrieve(STAFF, include_children=True)
        self.assertEqual([(it.pk, it.group_uuid, it.name) for it in staff.children_obj], [(child.pk, child.pk, "Child")])
        listed = core().core_groups_list(name="Child", include_parents=True, include_inherited_roles=True)
        self.assertEqual([it.name for it in listed.results[0].parents_obj], ["Staff"])
        self.assertEqual((listed.results[0].inherited_roles_obj, listed.autocomplete), ([], {}))
        with self.assertRaises(BadRequestException) as caught:
            core().core_groups_update(child.pk, GroupRequest(name="Child", parents=[STAFF, ADMINS]))
        self.assertEqual(
            caught.exception.data.additional_properties, {"parents": ["A group has at most one parent."]}
        )

    def test_me(self):
        session = core("key-of-the-help-desk").core_users_me_retrieve()
        self.assertEqual((session.user.username, session.user.is_current, session.user.roles), ("desk", True, []))
        self.assertEqual([user.pk for user in session.users], [session.user.pk])


if __name__ == "__main__":
    unittest.main()
