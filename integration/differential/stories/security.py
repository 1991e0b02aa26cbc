"""Access rules while none are enforced, quotas, SCRAM credentials, delegation tokens on a listener without authentication."""

import struct

from story import story

ANY, MATCH, LITERAL, PREFIXED = 1, 2, 3, 4


@story("DescribeAcls", "CreateAcls", "DeleteAcls")
def acls_without_an_authorizer(told):
    rule = {"resource_type": 2, "resource_name": told.name("a"), "principal": "User:alice", "host": "*", "operation": 3, "permission_type": 3}
    for what, change in (("a rule", {}), ("a kind nobody knows", {"resource_type": 99}), ("any kind", {"resource_type": ANY}),
                         ("a principal without a type", {"principal": "alice"}), ("no host", {"host": ""})):
        told.ask("CreateAcls", what, creations=[{**rule, **change}])
    if told.version >= 1:
        for pattern in (ANY, MATCH, PREFIXED, 0, 99):
            told.ask("CreateAcls", f"pattern {pattern}", creations=[{**rule, "resource_pattern_type": pattern}])
    wanted = {"resource_type_filter": ANY, "resource_name_filter": None, "principal_filter": None, "host_filter": None, "operation": ANY,
              "permission_type": ANY}
    for what, change in (("everything", {}), ("a kind nobody knows", {"resource_type_filter": 99}), ("an operation nobody knows", {"operation": 99}),
                         ("a permission nobody knows", {"permission_type": 99}), ("a pattern nobody knows", {"pattern_type_filter": 0})):
        told.ask("DescribeAcls", what, **{**wanted, "pattern_type_filter": ANY, **change})
        told.ask("DeleteAcls", what, filters=[{**wanted, "pattern_type_filter": ANY, **change}])
    told.ask("CreateAcls", "nothing", creations=[])
    told.ask("DeleteAcls", "nothing", filters=[])


def entity(**names): return [{"entity_type": kind.replace("_", "-"), "entity_name": name} for kind, name in names.items()]


def ops(**values):
    return [{"key": key, "value": 0.0 if value is None else value, "remove": value is None} for key, value in values.items()]


@story("AlterClientQuotas", "DescribeClientQuotas")
def client_quotas(told):
    n = told.name

    def alter(what, who, changes, **fields):
        told.ask("AlterClientQuotas", what, entries=[{"entity": who, "ops": changes}], **fields)
    alter("a user", entity(user=n("u")), ops(producer_byte_rate=1024000.0))
    alter("a user and a client", entity(user=n("u"), client_id=n("c")), ops(consumer_byte_rate=2048000.0, request_percentage=50.5))
    alter("a client", entity(client_id=n("c")), ops(producer_byte_rate=1.0))
    alter("the default of users' clients", entity(user=n("u"), client_id=None), ops(producer_byte_rate=5.0))
    alter("only validated", entity(user=n("v")), ops(producer_byte_rate=1.0), validate_only=True)
    alter("taken away", entity(client_id=n("c")), ops(producer_byte_rate=None))
    alter("taken away again", entity(client_id=n("c")), ops(producer_byte_rate=None))
    alter("an address", entity(ip="10.1.2.3"), ops(connection_creation_rate=10.0))
    alter("and taken away", entity(ip="10.1.2.3"), ops(connection_creation_rate=None))
    alter("an address that is none", entity(ip="not an address"), ops(connection_creation_rate=10.0))
    alter("a host without a name", entity(ip=""), ops(connection_creation_rate=10.0))
    alter("a key nobody knows", entity(user=n("w")), ops(nothing_of_this=1.0))
    alter("a key of addresses for a user", entity(user=n("w")), ops(connection_creation_rate=1.0))
    alter("a key of users for an address", entity(ip="10.1.2.3"), ops(producer_byte_rate=1.0))
    alter("zero", entity(user=n("w")), ops(producer_byte_rate=0.0))
    alter("a negative rate", entity(user=n("w")), ops(producer_byte_rate=-1.0))
    alter("half a byte", entity(user=n("w")), ops(producer_byte_rate=0.5))
    alter("without end", entity(user=n("w")), ops(producer_byte_rate=float("inf")))
    alter("a kind nobody knows", [{"entity_type": "planet", "entity_name": "mars"}], ops(producer_byte_rate=1.0))
    alter("nobody", [], ops(producer_byte_rate=1.0))
    alter("a user without a name", entity(user=""), ops(producer_byte_rate=1.0))
    alter("a user twice", [*entity(user="a"), *entity(user="b")], ops(producer_byte_rate=1.0))
    alter("an address and a user", entity(user=n("w"), ip="10.1.2.3"), ops(producer_byte_rate=1.0))
    alter("nothing", entity(user=n("w")), [])
    told.ask("AlterClientQuotas", "an entity twice", entries=[{"entity": entity(user=n("t")), "ops": ops(producer_byte_rate=value)} for value in (1.0, 2.0)])
    told.ask("AlterClientQuotas", "no entities", entries=[])

    told.caught_up()

    def describe(what, *components, strict=False):
        told.ask("DescribeClientQuotas", what, strict=strict, only="entries", components=[
            {"entity_type": kind, "match_type": how, "match": name} for kind, how, name in components])
    describe("everything")
    describe("a user", ("user", 0, n("u")))
    describe("a user, strictly", ("user", 0, n("u")), strict=True)
    describe("any user", ("user", 2, None))
    describe("the default client of a user", ("user", 0, n("u")), ("client-id", 1, None))
    describe("any client of any user", ("user", 2, None), ("client-id", 2, None))
    describe("a user nobody knows", ("user", 0, n("nobody")))
    describe("a kind nobody knows", ("planet", 0, "mars"))
    describe("an empty kind", ("", 0, "mars"))
    describe("a match nobody knows", ("user", 9, "mars"))
    describe("a user twice", ("user", 0, "a"), ("user", 0, "b"))
    describe("an address and a user", ("ip", 0, "10.1.2.3"), ("user", 0, "b"))
    describe("exactly, without a name", ("user", 0, None))
    describe("the default, with a name", ("user", 1, "a"))


@story("AlterClientQuotas")
def a_quota_that_is_no_number(told):
    told.ask("AlterClientQuotas", entries=[{"entity": entity(user=told.name("u")), "ops": ops(producer_byte_rate=float("nan"))}])


@story("AlterUserScramCredentials", "DescribeUserScramCredentials")
def scram_credentials(told):
    n = told.name

    def put(what, **fields):
        told.ask("AlterUserScramCredentials", what, upsertions=[
            {"name": n("u"), "mechanism": 1, "iterations": 4096, "salt": b"salt", "salted_password": b"p" * 32, **fields}])
    put("a credential")
    put("another mechanism", mechanism=2, salted_password=b"p" * 64)
    put("again", iterations=8192)
    put("a mechanism nobody knows", mechanism=7)
    put("mechanism zero", mechanism=0)
    put("too few iterations", iterations=1)
    put("too many iterations", iterations=20000)
    put("no name", name="")
    put("no salt", salt=b"")
    put("no password", salted_password=b"")
    told.ask("AlterUserScramCredentials", "deleted", deletions=[{"name": n("u"), "mechanism": 2}])
    told.ask("AlterUserScramCredentials", "deleted again", deletions=[{"name": n("u"), "mechanism": 2}])
    told.ask("AlterUserScramCredentials", "deleted, a mechanism nobody knows", deletions=[{"name": n("u"), "mechanism": 7}])
    told.ask("AlterUserScramCredentials", "deleted, no name", deletions=[{"name": "", "mechanism": 1}])
    told.ask("AlterUserScramCredentials", "put and deleted at once", deletions=[{"name": n("u"), "mechanism": 1}], upsertions=[
        {"name": n("u"), "mechanism": 1, "iterations": 4096, "salt": b"s", "salted_password": b"p" * 32}])
    told.ask("AlterUserScramCredentials", "put twice", upsertions=[
        {"name": n("w"), "mechanism": 1, "iterations": 4096, "salt": b"s", "salted_password": b"p" * 32}] * 2)
    told.ask("AlterUserScramCredentials", "nothing")
    told.caught_up()
    told.ask("DescribeUserScramCredentials", "one", users=[{"name": n("u")}])
    told.ask("DescribeUserScramCredentials", "nobody", users=[{"name": n("nobody")}])
    told.ask("DescribeUserScramCredentials", "one twice", users=[{"name": n("u")}, {"name": n("u")}])
    told.ask("DescribeUserScramCredentials", "no name", users=[{"name": ""}])
    told.ask("DescribeUserScramCredentials", "all", users=None, only="results")
    told.ask("DescribeUserScramCredentials", "none", users=[], only="results")


@story("CreateDelegationToken", "RenewDelegationToken", "ExpireDelegationToken", "DescribeDelegationToken")
def delegation_tokens(told):
    told.ask("CreateDelegationToken", renewers=[{"principal_type": "User", "principal_name": "bob"}], max_lifetime_ms=1000,
             owner_principal_type=None, owner_principal_name=None)
    told.ask("CreateDelegationToken", "for another", renewers=[], max_lifetime_ms=-1, owner_principal_type="User", owner_principal_name="alice")
    told.ask("CreateDelegationToken", "a renewer that is no user", renewers=[{"principal_type": "Group", "principal_name": "bob"}], max_lifetime_ms=1000,
             owner_principal_type=None, owner_principal_name=None)
    told.ask("RenewDelegationToken", hmac=struct.pack(">q", 7), renew_period_ms=1000)
    told.ask("ExpireDelegationToken", hmac=struct.pack(">q", 7), expiry_time_period_ms=-1)
    told.ask("DescribeDelegationToken", owners=None)
    told.ask("DescribeDelegationToken", "nobody", owners=[])
    told.ask("DescribeDelegationToken", "one", owners=[{"principal_type": "User", "principal_name": "bob"}])
