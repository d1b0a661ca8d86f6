"""The clients of the tests; `USERBOOK_RELEASE` is the release of the server and of the installed client."""

import os
from uuid import UUID

import authentik_client

IS_2026_8 = os.environ.get("USERBOOK_RELEASE") == "2026.8"

ADA = 7
ADMINS = UUID("00000000-0000-4000-8000-00000000000a")
STAFF = UUID("00000000-0000-4000-8000-00000000000b")


def client(token):
    configuration = authentik_client.Configuration(
        host=os.environ["USERBOOK_ORIGIN"] + "/api/v3", access_token=token
    )
    return authentik_client.ApiClient(configuration)


def core(token="key-of-the-admin"):
    return authentik_client.CoreApi(client(token))
