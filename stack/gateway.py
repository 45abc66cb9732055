"""The API: name, throttling, access log, and what API Gateway answers by itself."""

from __future__ import annotations

import json
from typing import Any

from stack.functions import LOG_DAYS
from stack.storage import sub

API_STAGE = "api"
# Bodies whose bytes are handed on as they came. API Gateway takes every other for UTF-8, and what is none
# loses its letters there.
BINARY = ["*/*"]
# Requests per second and burst of the whole API; a partner that crawls gets 429 and comes back.
RATE, BURST = 200, 400

# API Gateway answers some requests alone; its templates know no RFC 3339 time, only its own spelling.
_ENVELOPE = '{"status_code": %d, "status_message": $context.error.messageString, "timestamp": "%s"}'

_ACCESS_LOG = {
    "at": "$context.requestTime",
    "request_id": "$context.requestId",
    "source_ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "error": "$context.error.message",
}


def resources() -> dict[str, Any]:
    """The CloudFormation resources of this room, by logical id."""
    return {
        "RestAPI": {
            "Properties": {
                "Name": sub("ocpi-${Stage}"),
                "OpenApiVersion": "2.0",
                "DefinitionBody": {"x-amazon-apigateway-binary-media-types": BINARY},
                "TracingEnabled": False,
                "AccessLogSetting": {
                    "DestinationArn": sub("${AccessLog.Arn}"),
                    "Format": json.dumps(_ACCESS_LOG, separators=(",", ":")),
                },
                "MethodSettings": [
                    {
                        "ResourcePath": "/*",
                        "HttpMethod": "*",
                        "ThrottlingRateLimit": RATE,
                        "ThrottlingBurstLimit": BURST,
                        "MetricsEnabled": False,
                        "LoggingLevel": "OFF",
                    }
                ],
                "GatewayResponses": {
                    "DEFAULT_4XX": _answer(2000),
                    "DEFAULT_5XX": _answer(3000),
                },
            }
        },
        "AccessLog": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": sub("/ocpi/${Stage}/access"), "RetentionInDays": LOG_DAYS},
        },
        "BaseUrl": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": sub("/ocpi/${Stage}/base_url"),
                "Type": "String",
                "Description": "Where partners reach us; read by functions that serve no request",
                "Value": {
                    "Fn::If": [
                        "HasBaseUrl",
                        {"Ref": "OcpiBaseUrl"},
                        sub(
                            f"https://${{RestAPI}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{API_STAGE}"
                        ),
                    ]
                },
            },
        },
    }


def account() -> dict[str, Any]:
    """A stack of its own, once per account and region: the role with which API Gateway writes logs."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role of all API Gateway logs in this region; it outlives the stacks that need it",
        "Resources": {
            "LogRole": {
                "Type": "AWS::IAM::Role",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": "sts:AssumeRole",
                                "Principal": {"Service": "apigateway.amazonaws.com"},
                            }
                        ],
                    },
                    "ManagedPolicyArns": [
                        sub(
                            "arn:${AWS::Partition}:iam::aws:policy/service-role/"
                            "AmazonAPIGatewayPushToCloudWatchLogs"
                        )
                    ],
                },
            },
            "Account": {
                "Type": "AWS::ApiGateway::Account",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {"CloudWatchRoleArn": {"Fn::GetAtt": ["LogRole", "Arn"]}},
            },
        },
    }


def _answer(status_code: int) -> dict[str, Any]:
    return {
        "ResponseTemplates": {"application/json": _ENVELOPE % (status_code, "$context.requestTime")},
        "ResponseParameters": {"Headers": {"X-Request-ID": "context.requestId"}},
    }
