#!/usr/bin/env bash
# Deploy build/package to AWS: `make package && make deploy STAGE=dev`.
#
# OCPI_* settings of the environment become the parameters of the stack; what is not set keeps the
# value of the last deployment. Also read: STAGE, DEPLOY_BUCKET, ALARM_EMAIL, MONTHLY_BUDGET, TABLE_PROTECTION,
# TEST_EVENTS, PREVIEW (make the change set and stop), and whatever the AWS CLI reads (AWS_PROFILE, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL).
set -euo pipefail
cd "$(dirname "$0")/.."
STAGE="${STAGE:-dev}"
PACKAGE=build/package
STACK="ocpi-$STAGE"
PYTHON="${PYTHON:-.venv/bin/python}"

test -f "$PACKAGE/sam.json" || { echo "run 'make package' first" >&2; exit 1; }
command -v aws >/dev/null || { echo "the AWS CLI is missing; see docs/deploying.md" >&2; exit 1; }

region="${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}"
test -n "$region" || { echo "set AWS_DEFAULT_REGION" >&2; exit 1; }
export AWS_DEFAULT_REGION="$region"
account="$(aws sts get-caller-identity --query Account --output text)"
bucket="${DEPLOY_BUCKET:-ocpi-deploy-$account-$region}"

exists=no
aws cloudformation describe-stacks --stack-name "$STACK" >/dev/null 2>&1 && exists=yes
settings() { "$PYTHON" -m stack.parameters "$PACKAGE/parameters-$STAGE.json" --stage "$STAGE" --exists "$exists"; }
settings # before anything is touched

# The registry of shareable test events belongs to the account; the console makes it, or we do.
if aws schemas describe-registry --registry-name lambda-testevent-schemas >/dev/null 2>&1 ||
  aws schemas create-registry --registry-name lambda-testevent-schemas >/dev/null 2>&1; then
  export TEST_EVENTS="${TEST_EVENTS:-on}"
fi

settings

aws s3api head-bucket --bucket "$bucket" >/dev/null 2>&1 || aws s3 mb "s3://$bucket" >/dev/null

# API Gateway writes access logs with one role for all APIs of an account and region.
role="$(aws apigateway get-account --query cloudwatchRoleArn --output text 2>/dev/null || true)"
if [ -z "$role" ] || [ "$role" = None ]; then
  echo "this region of the account has no role for API Gateway's logs yet: stack ocpi-account makes one"
  aws cloudformation deploy --stack-name ocpi-account --template-file .chalice/account.json \
    --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset
fi

aws cloudformation package --template-file "$PACKAGE/sam.json" --s3-bucket "$bucket" \
  --s3-prefix "$STACK" --use-json --output-template-file "$PACKAGE/packaged-$STAGE.json" >/dev/null
# The CLI indents by four: spaces that count towards CloudFormation's limit of 1 MB.
"$PYTHON" -c 'import json, sys; p = sys.argv[1]; t = json.load(open(p)); json.dump(t, open(p, "w"), separators=(",", ":"))' \
  "$PACKAGE/packaged-$STAGE.json"
aws cloudformation deploy --stack-name "$STACK" --template-file "$PACKAGE/packaged-$STAGE.json" \
  --s3-bucket "$bucket" --s3-prefix "$STACK" --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \
  --parameter-overrides "file://$PACKAGE/parameters-$STAGE.json" --no-fail-on-empty-changeset \
  --tags "ocpi-stage=$STAGE" ${PREVIEW:+--no-execute-changeset}
test -z "${PREVIEW:-}" || exit 0
aws cloudformation describe-stacks --stack-name "$STACK" \
  --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' --output text
