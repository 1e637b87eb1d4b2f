"""beckon cert-rule: issuer rules of the operator's own, and the trust roots that name them."""

import pytest

from cli_world import beckon, cluster  # noqa: F401
import pki

BUILT_IN = ["yealink-cn", "yealink-serial", "yealink-generic", "poly-cn", "snom-cn", "cisco-st", "cisco-sentence",
            "cisco-generic"]


def names(beckon, scope=None):  # noqa: F811
    rules = beckon.json("cert-rule", "list")["cert_rules"]
    return [rule["name"] for rule in rules if scope in (None, rule["scope"])]


def test_built_in_rules_are_listed_with_their_source(beckon):  # noqa: F811
    rules = beckon.json("cert-rule", "list")["cert_rules"]
    assert [rule["name"] for rule in rules if rule["scope"] == "built-in"] == BUILT_IN
    assert all(rule["source"] for rule in rules if rule["scope"] == "built-in")
    assert [rule["name"] for rule in rules if rule["is_generic"]] == ["yealink-generic", "cisco-generic"]
    assert "OU={model}; L={serial}; ST={mac-lower}" in beckon.text("cert-rule", "list")


def test_a_rule_is_added_used_kept_and_deleted(beckon, tmp_path):  # noqa: F811
    added = beckon.json("cert-rule", "add", "gs-own", "--maker", "grandstream", "--subject",
                        "CN={mac}; O=Example Ltd", "--source", "a phone on the desk")
    assert added["scope"] == "operator" and added["is_generic"] is False
    assert names(beckon, "operator") == ["gs-own"]
    assert "already" in beckon.error("cert-rule", "add", "gs-own", "--maker", "x", "--subject", "CN={mac}")["detail"]

    root = pki.Authority("Own CA").write(tmp_path, "own")
    imported = beckon.json("trust-root", "import", root, "--maker", "grandstream")["trust_roots"]
    assert imported[0]["rules"] == ["gs-own"]
    mine = beckon.json("trust-root", "import", root, "--maker", "grandstream", "--rule", "gs-own",
                       "--tenant", "acme")["trust_roots"]
    assert "acme" in beckon.error("cert-rule", "delete", "gs-own")["detail"]
    told = beckon.error("cert-rule", "delete", "gs-own")
    assert told["error"] == "exists" and f"{imported[0]['root_id']} (operator)" in told["detail"]
    assert names(beckon, "operator") == ["gs-own"]

    beckon.database.sql("delete from app.trust_root where root_id = any (%s)",
                        ([imported[0]["root_id"], mine[0]["root_id"]],))
    assert beckon.json("cert-rule", "delete", "gs-own") == {"name": "gs-own"}
    assert names(beckon, "operator") == []
    assert "no rule" in beckon.error("cert-rule", "delete", "gs-own")["detail"]
    actions = beckon.database.sql(
        "select action, object_id from app.audit where tenant_id is null and object_kind = 'cert_rule' order by seq")
    assert actions[-2:] == [("cert_rule.create", "gs-own"), ("cert_rule.delete", "gs-own")]


def test_a_rule_of_another_maker_or_a_generic_one_is_no_roots(beckon, tmp_path):  # noqa: F811
    root = pki.Authority("Yealink's").write(tmp_path, "y")
    for rule in ("snom-cn", "yealink-generic", "nothing"):
        told = beckon.error("trust-root", "import", root, "--maker", "yealink", "--rule", rule)["detail"]
        assert rule in told and "yealink-cn yealink-serial" in told
    told = beckon.error("trust-root", "import", root, "--maker", "nobody")["detail"]
    assert "yealink poly snom cisco" in told and "cert-rule add" in told
    assert beckon.json("trust-root", "list")["trust_roots"] == []


@pytest.mark.parametrize("words, want", [
    (["yealink-cn", "--maker", "yealink", "--subject", "OU={mac}"], "built-in rule has this name"),
    (["Big", "--maker", "m", "--subject", "CN={mac}"], "a rule's name"),
    (["a", "--maker", "m-m", "--subject", "CN={mac}"], "a maker's name"),
    (["a", "--maker", "m", "--subject", "CM={mac}"], "no such field (there are CN serialNumber O OU L ST C): CM"),
    (["a", "--maker", "m", "--subject", "CN={max}"], "no such placeholder"),
    (["a", "--maker", "m", "--subject", "CN=shared"], "nowhere where the MAC stands"),
    (["a", "--maker", "m", "--subject", "CN={mac}", "--generic"], "names nothing of one phone"),
    (["yealink-cn"], "built in"),
])
def test_what_is_wrong_is_told(beckon, words, want):  # noqa: F811
    command = "delete" if len(words) == 1 else "add"
    assert want in beckon.error("cert-rule", command, *words)["detail"]
    assert names(beckon, "operator") == []


GOOD = ["CN={mac}", "serialNumber={mac-uuid}; CN=x", "OU={model}, {serial}; L= ; ST={mac-upper}{mac-lower}",
        "O=a=b; C={mac}; CN={none}"]
BAD = ["", "CN=", "CN", "CM={mac}", "cn={mac}", "CN={mac}; ", "CN={mac};O=x", "CN={mac};", "CN={MAC}", "CN={mac",
       "CN={mac}}", "CN=a\u0007{mac}", "CN={mac}" + "x" * 512, "CN=shared"]


@pytest.mark.parametrize("subject", GOOD + BAD)
def test_the_database_judges_too(beckon, subject):  # noqa: F811
    """What an expression can tell: whoever calls the function past the programs gets no further."""
    from psycopg2 import errors

    statement = "select bk.cert_rule_add('judged', 'm', %s, false, '')"
    if subject in GOOD:
        beckon.database.sql(statement, (subject,))
        beckon.database.sql("delete from app.cert_rule where name = 'judged'")
        return
    with pytest.raises(errors.CheckViolation):
        beckon.database.sql(statement, (subject,))


def test_a_change_of_a_rule_is_a_new_version(beckon):  # noqa: F811
    version = "select version from app.trust_root_version"
    before = beckon.database.sql(version)[0][0]
    beckon.json("cert-rule", "add", "versioned", "--maker", "m", "--subject", "CN={mac}")
    between = beckon.database.sql(version)[0][0]
    beckon.json("cert-rule", "delete", "versioned")
    assert before < between < beckon.database.sql(version)[0][0]
