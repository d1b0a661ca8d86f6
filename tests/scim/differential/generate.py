"""Random users and random PATCH operations, reproducible by a seed."""

import random

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"

TEXTS = ["title", "nickName", "displayName", "userType", "locale", "timezone", "preferredLanguage"]
NAME = ["givenName", "familyName", "middleName", "honorificPrefix", "formatted"]
ENTERPRISE_TEXTS = ["department", "division", "costCenter", "organization", "employeeNumber"]
# Multi-valued attributes with their sub-attributes and types.
LISTS = {
    "emails": (["value", "type", "display", "primary"], ["work", "home", "other"]),
    "phoneNumbers": (["value", "type", "display", "primary"], ["work", "home", "mobile"]),
    "ims": (["value", "type", "display", "primary"], ["aim", "xmpp"]),
    "roles": (["value", "type", "display", "primary"], ["a", "b"]),
    "entitlements": (["value", "type", "display", "primary"], ["a", "b"]),
    "addresses": (["streetAddress", "locality", "country", "type", "primary"], ["work", "home", "other"]),
}
WORDS = ["Ada", "Bo", "Cy", "Öz", "x y", 'q"t', "a.b", "1", "true", "ADA"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, values):
        return self.random.choice(values)

    def word(self):
        return self.pick(WORDS)

    def some(self, values, most):
        return self.random.sample(values, self.random.randint(0, min(most, len(values))))

    def sub_value(self, attribute, sub):
        if sub == "primary":
            return self.chance(50)
        if sub == "type":
            return self.pick(LISTS[attribute][1])
        if attribute == "emails" and sub == "value":
            return f"{self.pick('abcdef')}@{self.pick(['x.org', 'y.org'])}"
        return self.word()

    def element(self, attribute):
        subs = LISTS[attribute][0]
        named = [subs[0], *self.some(subs[1:-1], 2)]
        element = {sub: self.sub_value(attribute, sub) for sub in named}
        if self.chance(15):
            element["primary"] = self.chance(70)
        return element

    def elements(self, attribute, most):
        elements, primary = [], False
        for _ in range(self.random.randint(1, most)):
            element = self.element(attribute)
            if element.get("primary"):
                if primary:
                    del element["primary"]
                primary = True
            elements.append(element)
        return elements

    def user(self):
        user = {
            "schemas": [CORE, ENTERPRISE],
            "userName": "ada",
            "displayName": "Ada L",
            "active": True,
            "name": {"givenName": "Ada", "familyName": "L", "formatted": "A. L."},
        }
        for name in self.some(TEXTS, 3):
            user[name] = self.word()
        for name in self.some(NAME, 2):
            user["name"][name] = self.word()
        for name in self.some(list(LISTS), 4):
            user[name] = self.elements(name, 3)
        extension = {name: self.word() for name in self.some(ENTERPRISE_TEXTS, 2)}
        if self.chance(40):
            extension["manager"] = {"value": self.word()}
        if extension:
            user[ENTERPRISE] = extension
        else:
            user["schemas"] = [CORE]
        return user

    def filter(self, attribute, depth=0):
        subs, types = LISTS[attribute]
        kind = self.random.randint(0, 9)
        quoted = lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if kind < 5 or depth > 1:
            return f"type eq {quoted(self.pick(types))}"
        if kind == 5:
            sub = subs[0]
            comparison = self.pick(["eq", "ne", "co", "sw", "ew"])
            return f"{sub} {comparison} {quoted(self.sub_value(attribute, sub))}"
        if kind == 6:
            return f"primary eq {self.pick(['true', 'false'])}"
        if kind == 7:
            return f"{self.pick(subs)} pr"
        if kind == 8:
            return f"not ({self.filter(attribute, depth + 1)})"
        joined = self.pick(["and", "or"])
        return f"{self.filter(attribute, depth + 1)} {joined} {self.filter(attribute, depth + 1)}"

    def operation(self):
        op = self.pick(["add", "replace", "replace", "remove"])
        target = self.pick(
            ["none", "text", "text", "name", "name part", "list", "list", "filter", "filter part", "filter part",
             "every part", "extension text", "extension", "manager", "active", "odd"]
        )
        path, value = getattr(self, "target_" + target.replace(" ", "_"))()
        operation = {"op": op}
        if path is not None:
            operation["path"] = path
        if op != "remove":
            operation["value"] = self.distorted(value)
        return operation

    def distorted(self, value):
        """Replaces a few values by values of another form."""
        if self.chance(3):
            return self.pick([None, [], {}, 7, True, "text", ["x"], {"unknown": 1}, [[]], [None]])
        if isinstance(value, dict) and value and self.chance(4):
            return {**value, self.pick(list(value)): None}
        return value

    def target_none(self):
        value = {}
        for _ in range(self.random.randint(1, 3)):
            target = self.pick(["text", "name", "list", "extension text", "active"])
            path, item = getattr(self, "target_" + target.replace(" ", "_"))()
            value[path] = item
        return None, value

    def target_text(self):
        return self.case(self.pick(TEXTS)), self.word()

    def target_active(self):
        return self.pick(["active", "userName"]), self.chance(50)

    def case(self, name):
        return name.upper() if self.chance(5) else name

    def target_name(self):
        return "name", {name: self.word() for name in [self.pick(NAME), *self.some(NAME, 2)]}

    def target_name_part(self):
        return f"name.{self.case(self.pick(NAME))}", self.word()

    def target_list(self):
        name = self.pick(list(LISTS))
        return name, self.elements(name, 3)

    def selection(self, name):
        return f"{name}[{self.filter(name)}]"

    def target_filter(self):
        name = self.pick(list(LISTS))
        return self.selection(name), self.element(name)

    def target_filter_part(self):
        name = self.pick(list(LISTS))
        sub = self.pick(LISTS[name][0])
        return f"{self.selection(name)}.{sub}", self.sub_value(name, sub)

    def target_every_part(self):
        name = self.pick(list(LISTS))
        sub = self.pick(LISTS[name][0][:-1])
        return f"{name}.{sub}", self.sub_value(name, sub)

    def target_extension_text(self):
        return f"{ENTERPRISE}:{self.case(self.pick(ENTERPRISE_TEXTS))}", self.word()

    def target_extension(self):
        return ENTERPRISE, {name: self.word() for name in [self.pick(ENTERPRISE_TEXTS), *self.some(ENTERPRISE_TEXTS, 2)]}

    def target_manager(self):
        if self.chance(50):
            return f"{ENTERPRISE}:manager", {"value": self.word()}
        return f"{ENTERPRISE}:manager.value", self.word()

    def target_odd(self):
        path = self.pick(
            ["id", "meta.version", "groups", "unknown", "name.unknown", "title.value", "emails[unknown eq 1]",
             "emails[type eq]", "emails[", "title[value eq 1]", "urn:example:2.0:User:x", f"{CORE}:title",
             f"{CORE}:name.givenName", f"{ENTERPRISE}:unknown", "userName", "externalId", " title", "emails[type eq \"work\"].unknown"]
        )
        return path, self.word()


def cases(seed, operations):
    """Yields pairs of a user and the operations of one PATCH, until there are that many operations."""
    generator = Generator(seed)
    while operations > 0:
        count = min(generator.pick([1, 1, 1, 2, 3, 4]), operations)
        operations -= count
        yield generator.user(), [generator.operation() for _ in range(count)]
