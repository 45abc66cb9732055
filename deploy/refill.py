"""`python -m deploy.refill RESTORED TABLE`: copies the items that a table lacks out of a restored one.

Items that are there stay as they are: what was written since the restored
moment is newer. Keys and places in feeds are those of before, and the copies
are announced as any write is.
"""

from __future__ import annotations

import argparse
from typing import Any


def refill(client: Any, source: str, target: str) -> int:
    """Copy what is missing; the number of items copied."""
    keys = client.describe_table(TableName=target)["Table"]["KeySchema"]
    copied = 0
    for page in client.get_paginator("scan").paginate(TableName=source):
        for item in page["Items"]:
            try:
                client.put_item(
                    TableName=target,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#key)",
                    ExpressionAttributeNames={"#key": keys[0]["AttributeName"]},
                )
            except client.exceptions.ConditionalCheckFailedException:
                continue
            copied += 1
    return copied


def main() -> None:
    import botocore.session

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("restored")
    parser.add_argument("table")
    chosen = parser.parse_args()
    copied = refill(botocore.session.Session().create_client("dynamodb"), chosen.restored, chosen.table)
    print(f"{copied} items copied from {chosen.restored} to {chosen.table}")


if __name__ == "__main__":
    main()
