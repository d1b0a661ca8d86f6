"""The requests of the Terraform provider's resources `authentik_user` and `authentik_group`, in its order.

Terraform compares what it reads with what it wrote: any difference is a change in every later plan.
"""

import json
import os
import unittest
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

IS_2026_8 = os.environ.get("USERBOOK_RELEASE") == "2026.8"
API = os.environ["USERBOOK_ORIGIN"] + "/api/v3"


def call(method, path, body=None):
    """Returns status and body like the provider's client, which is generated for Go."""
    headers = {
        "Authorization": "Bearer key-of-the-admin",
        "User-Agent": "authentik-terraform@2025.2.0",
        "Accept": "application/json",
    }
    if body is not None:
        headers["Content-Type"] = "application/json"
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(API + path, data, headers, method=method)) as response:
            text = response.read()
            return response.status, json.loads(text) if text else None
    except HTTPError as error:
        return error.code, json.loads(error.read())


class Provider(unittest.TestCase):
    def send(self, expected, method, path, body=None):
        status, answer = call(method, path, body)
        self.assertEqual(status, expected, f"{method} {path} {body}: {answer}")
        return answer

    def same(self, body, answer):
        """Requires that the resource reads as it was written."""
        for name, value in body.items():
            read = answer[name]
            if isinstance(value, list):
                value, read = sorted(value), sorted(read)
            # The provider's schema has no null: an empty text stands for no parent.
            self.assertEqual(read or "", value or "", name)

    def group_body(self, name, **fields):
        no_parent = {"parents": []} if IS_2026_8 else {"parent": ""}
        return {"name": name, "is_superuser": False, **no_parent, "users": [], "attributes": {}, "roles": []} | fields

    def user_body(self, username, **fields):
        body = {"username": username, "name": "", "is_active": True, "groups": [], "email": "", "attributes": {},
                "path": "users", "type": "internal"}
        return body | ({"roles": []} if IS_2026_8 else {}) | fields

    def test_user(self):
        self.send(200, "GET", "/root/config/")
        body = self.user_body("terraformed", attributes={"nested": {"list": [1, "two", None]}})
        pk = self.send(201, "POST", "/core/users/", body)["pk"]
        self.same(body, self.send(200, "GET", f"/core/users/{pk}/"))

        body |= {"name": "Terra Form", "email": "terra@example.com", "is_active": False, "path": "users/tf",
                 "type": "external", "groups": ["00000000-0000-4000-8000-00000000000b"]}
        self.send(200, "PUT", f"/core/users/{pk}/", body)
        self.same(body, self.send(200, "GET", f"/core/users/{pk}/"))

        # An unchanged apply writes nothing; import reads by id; the data source reads by name.
        self.send(200, "PUT", f"/core/users/{pk}/", body)
        self.same(body, self.send(200, "GET", f"/core/users/{pk}/"))
        found = self.send(200, "GET", "/core/users/?" + urlencode({"username": "terraformed"}))["results"]
        self.assertEqual([user["pk"] for user in found], [pk])
        self.same(body, found[0])

        # The provider sets a configured password after create; passwords belong to the host of Userbook.
        self.send(400, "POST", f"/core/users/{pk}/set_password/", {"password": "secret"})

        self.send(204, "DELETE", f"/core/users/{pk}/")
        self.send(404, "GET", f"/core/users/{pk}/")

    def test_group(self):
        staff = "00000000-0000-4000-8000-00000000000b"
        below_staff = {"parents": [staff]} if IS_2026_8 else {"parent": staff}
        body = self.group_body("terraformed", users=[7], attributes={"team": "red", "size": 3})
        pk = self.send(201, "POST", "/core/groups/", body)["pk"]
        self.same(body, self.send(200, "GET", f"/core/groups/{pk}/"))

        body |= {"name": "reformed", "users": [3, 7], **below_staff}
        self.send(200, "PUT", f"/core/groups/{pk}/", body)
        self.same(body, self.send(200, "GET", f"/core/groups/{pk}/"))

        found = self.send(200, "GET", "/core/groups/?" + urlencode({"name": "reformed"}))["results"]
        self.assertEqual([group["pk"] for group in found], [pk])
        self.same(body, found[0])
        self.send(200, "GET", "/core/groups/?" + urlencode({"name": "reformed", "include_users": "true"}))

        # Without a parent the provider sends an empty one.
        body = self.group_body("reformed", users=[7])
        self.send(200, "PUT", f"/core/groups/{pk}/", body)
        self.same(body, self.send(200, "GET", f"/core/groups/{pk}/"))

        self.send(204, "DELETE", f"/core/groups/{pk}/")
        self.send(404, "GET", f"/core/groups/{pk}/")

    def test_a_user_in_a_new_group(self):
        group = self.send(201, "POST", "/core/groups/", self.group_body("dependency"))["pk"]
        user = self.send(201, "POST", "/core/users/", self.user_body("dependent", groups=[group]))["pk"]
        # `users` of the group is computed: the provider sends back what it read.
        read = self.send(200, "GET", f"/core/groups/{group}/")
        self.assertEqual(read["users"], [user])
        self.send(200, "PUT", f"/core/groups/{group}/", self.group_body("dependency", users=read["users"]))
        self.assertEqual(self.send(200, "GET", f"/core/users/{user}/")["groups"], [group])
        self.send(204, "DELETE", f"/core/users/{user}/")
        self.send(204, "DELETE", f"/core/groups/{group}/")


if __name__ == "__main__":
    unittest.main()
