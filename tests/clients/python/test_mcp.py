"""A third-party tool, authentik-mcp, changes a user through the reference server."""

import os
import re
import sys
import unittest

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


class Tool(unittest.IsolatedAsyncioTestCase):
    async def call(self, name, /, token="key-of-the-admin", **arguments):
        program = os.path.join(os.path.dirname(sys.executable), "authentik-mcp")
        server = StdioServerParameters(
            command=program, args=["--base-url", os.environ["USERBOOK_ORIGIN"], "--token", token]
        )
        async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            result = await session.call_tool(name, arguments)
            return "".join(part.text for part in result.content)

    async def test_patch(self):
        answer = await self.call("authentik_update_user", user_id=7, name="Ada by tool", email="tool@example.com")
        self.assertTrue(answer.startswith("Updated user: "), answer)
        self.assertIn("'email': 'tool@example.com'", answer)
        shown = await self.call("authentik_get_user", user_id=7)
        self.assertIn("'name': 'Ada by tool'", shown)
        self.assertIn("'username': 'ada'", shown)

    async def test_lists(self):
        users = await self.call("authentik_list_users", search="ada", page=1, page_size=5)
        self.assertIn("'username': 'ada'", users)
        self.assertNotIn("'username': 'guest'", users)
        self.assertIn("'name': 'Staff'", await self.call("authentik_list_groups"))

    async def test_a_user_is_created_and_deleted(self):
        made = await self.call(
            "authentik_create_user", username="tool", email="tool@example.org", name="Tool", is_active=True
        )
        self.assertTrue(made.startswith("Created user: "), made)
        pk = int(re.search(r"'pk': (\d+)", made).group(1))
        self.assertIn("'username': 'tool'", await self.call("authentik_get_user", user_id=pk))
        # The tool expects JSON in the empty answer of a deletion, also from authentik.
        await self.call("authentik_delete_user", user_id=pk)
        self.assertIn("404", await self.call("authentik_get_user", user_id=pk))

    async def test_a_group_is_created_changed_and_deleted(self):
        staff = "00000000-0000-4000-8000-00000000000b"
        made = await self.call("authentik_create_group", name="Tools", is_superuser=False, parent=staff, users=[7])
        self.assertTrue(made.startswith("Created group: "), made)
        pk = re.search(r"'pk': '([0-9a-f-]{36})'", made).group(1)
        changed = await self.call("authentik_update_group", group_id=pk, name="Instruments", users=[3])
        self.assertTrue(changed.startswith("Updated group: "), changed)
        shown = await self.call("authentik_get_group", group_id=pk)
        self.assertIn("'name': 'Instruments'", shown)
        self.assertIn("'users': [3]", shown)
        await self.call("authentik_delete_group", group_id=pk)
        self.assertIn("404", await self.call("authentik_get_group", group_id=pk))

    async def test_rejected_requests(self):
        refused = await self.call("authentik_update_user", token="key-of-the-guest", user_id=7, name="x")
        self.assertIn("403", refused)
        faulty = await self.call("authentik_update_user", user_id=7, email="nowhere")
        self.assertIn("400", faulty)


if __name__ == "__main__":
    unittest.main()
