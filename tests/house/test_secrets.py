"""Secrets are compared in constant time, and by one function."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parents[2] / "setflow"
SECRET = re.compile(
    r"(^|_)(token|secret|password|signature|signed|hmac|hook_key|api_key)s?$|get_secret_value"
)


def secrets_in(node: ast.AST) -> Iterator[str]:
    """The names in an expression that sound like a secret, but for modules and lengths."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"len", "bool"}:
        return
    name = getattr(node, "attr", getattr(node, "id", ""))
    if SECRET.search(name):
        yield name
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return
    for child in ast.iter_child_nodes(node):
        yield from secrets_in(child)


def compared(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where a secret is compared with something that is no constant: line and name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        by_value = any(isinstance(one, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for one in node.ops)
        if by_value and not any(isinstance(side, ast.Constant) for side in sides):
            yield from ((node.lineno, name) for side in sides for name in secrets_in(side))


def test_a_plain_comparison_of_a_secret_is_found():
    found = compared(ast.parse("if given == keys.api_token or token in seen or token == '': pass"))

    assert [name for _, name in found] == ["api_token", "token"]


def test_no_secret_is_compared_but_in_constant_time():
    found = {
        f"{file.relative_to(HOUSE)}:{line}: {name}"
        for file in sorted(HOUSE.rglob("*.py"))
        for line, name in compared(ast.parse(file.read_text()))
        if "sandbox" not in file.parts
    }

    assert found == set()
