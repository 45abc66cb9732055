"""moto with its detours taken out, for tests and local platforms: what it answers stays as it is, but for
one fault of its own.

moto serves every service of AWS in one general way, and two thirds of the suite's time went there. Three
detours are most of it: each member that an attribute value of DynamoDB could have is looked for under six
names, each pass over an update expression asks abstract classes about every node, and each request lists
the methods of its class. What only depends on a type or a text is decided once here; the rest is moto's.

The fault: whoever reads a table's stream hears nothing any more once a transaction on it was cancelled.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache, lru_cache
from typing import Any

Written = dict[str, Any]
_PLAIN = {"S": str, "N": str, "BOOL": bool, "NULL": bool}  # as they are on the wire already


def lighten() -> None:
    """Do it, once and for this process. Raises ImportError or AttributeError where moto has changed."""
    _write_attribute_values_as_they_are()
    _walk_expressions_by_type()
    _list_methods_once()
    _share_stream_records()
    _read_on_after_a_cancelled_transaction()


@cache
def _write_attribute_values_as_they_are() -> None:
    from moto.core.serialize import JSONSerializer

    generally = JSONSerializer._serialize_type_structure

    def structure(self: Any, serialized: Written, value: Any, shape: Any, key: str) -> None:
        if key and shape.name == "AttributeValue" and (written := as_written(value)) is not None:
            self._default_serialize(serialized, written, shape, key)
        else:
            generally(self, serialized, value, shape, key)

    JSONSerializer._serialize_type_structure = structure


def as_written(value: Any) -> Written | None:
    """An attribute value as DynamoDB writes it in JSON; None for what moto has to look at (binary, sets)."""
    if type(value) is not dict or len(value) != 1:
        return None
    ((kind, inner),) = value.items()
    if kind in _PLAIN:
        return {kind: inner} if type(inner) is _PLAIN[kind] else None
    if kind == "M" and type(inner) is dict:
        members = {name: as_written(each) for name, each in inner.items()}
        return None if None in members.values() else {"M": members}
    if kind == "L" and type(inner) is list:
        entries = [as_written(each) for each in inner]
        return None if None in entries else {"L": entries}
    return None


@cache
def _walk_expressions_by_type() -> None:
    from moto.dynamodb.parsing import ast_nodes
    from moto.dynamodb.parsing.expressions import UpdateExpressionParser

    deeper = (ast_nodes.Expression, ast_nodes.UpdateExpressionFunction)
    is_node = _by_type(ast_nodes.Node)
    goes_on = _by_type(deeper)

    def traverse(self: Any, node: Any, child_id: int = -1) -> Any:
        concerns = self.__dict__.get("_concerns")
        if concerns is None:
            concerns = self._concerns = _by_type(self.nodes_to_be_processed())
        return walk(self, node, child_id, concerns)

    def walk(self: Any, node: Any, child_id: int, concerns: Callable[[Any], bool]) -> Any:
        if not is_node(type(node)):
            return node
        parent = node.parent
        for at, child in enumerate(node.children or ()):
            self.pre_processing_of_child(node, at)
            walk(self, child, at, concerns)
        if concerns(type(node)):
            node = self.process(node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
        return node

    def find_clauses(self: Any, clause_types: Any) -> list[Any]:
        found = []
        for child in self.children or ():
            kind = type(child)
            if kind in clause_types:
                found.append(child)
            elif goes_on(kind):
                found.extend(find_clauses(child, clause_types))
        return found

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        """From the root down: a copy by reference would follow each node's parent up again."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        if self.children is not None:
            made.children = [deepcopy(each, memo) for each in self.children]
            for each in made.children:
                if is_node(type(each)):
                    each.parent = made
        return made

    ast_nodes.DepthFirstTraverser.traverse_node_recursively = traverse
    ast_nodes.Node.find_clauses = find_clauses
    ast_nodes.Node.__deepcopy__ = copied
    # Who updates copies what was parsed, or only looks at it.
    UpdateExpressionParser.make = staticmethod(lru_cache(2048)(UpdateExpressionParser.make))


def _by_type(classes: Any) -> Callable[[type], bool]:
    """Whether a type is one of these, asked of the abstract classes once."""
    return cache(lambda kind: issubclass(kind, classes))


@cache
def _list_methods_once() -> None:
    from moto.core import responses
    from moto.sqs import models

    underscored = lru_cache(4096)(responses.camelcase_to_underscores)
    responses.camelcase_to_underscores = models.camelcase_to_underscores = underscored
    responses.method_names_from_class = cache(responses.method_names_from_class)


@cache
def _share_stream_records() -> None:
    """A transaction copies whole tables, records of the past included; nobody changes those."""
    from moto.dynamodb.models.table import StreamRecord

    StreamRecord.__deepcopy__ = lambda self, memo: self


@cache
def _read_on_after_a_cancelled_transaction() -> None:
    """moto puts a copy in the place of the table then; an iterator goes on reading what was there before."""
    from moto.dynamodbstreams.models import ShardIterator

    get = ShardIterator.get

    def present(self: Any, limit: int = 1000) -> dict[str, Any]:
        before = self.stream_shard.table
        table = self.streams_backend.dynamodb.tables.get(before.name)
        if table and table.stream_shard and table.latest_stream_label == before.latest_stream_label:
            self.stream_shard = table.stream_shard
        return get(self, limit)

    ShardIterator.get = present
