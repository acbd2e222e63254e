# The role by which amiwatch moves this account's Elastic Beanstalk environments to another image, from another
# account. What it may do is deploy/iam/rollout.json and rollout-through-beanstalk.json, in the account's own partition.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "hub_principal_arn" {
  description = "As whom amiwatch runs, which is allowed to assume this role."
  type        = string
}

variable "external_id" {
  description = "What whoever assumes the role must tell, as external_id in [account.NAME]; that of the role that looks."
  type        = string
}

variable "role_name" {
  description = "The same in every account, so that the hub's policy can name it."
  type        = string
  default     = "amiwatch-rollout"
}

variable "environments" {
  description = "Which environments may be changed, as APPLICATION/ENVIRONMENT; * stands for any text (shop/*)."
  type        = string
}

data "aws_partition" "here" {}

data "aws_caller_identity" "here" {}

locals {
  arn     = "arn:${data.aws_partition.here.partition}:"
  account = data.aws_caller_identity.here.account_id
  moves   = replace(replace(file("${path.module}/../../../iam/rollout.json"), "arn:aws:", local.arn), "111122223333", local.account)
  through = replace(replace(file("${path.module}/../../../iam/rollout-through-beanstalk.json"), "arn:aws:", local.arn), "111122223333", local.account)
}

resource "aws_iam_role" "mover" {
  name                 = var.role_name
  description          = "amiwatch moves environments of this account by it"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.hub_principal_arn }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  })
}

resource "aws_iam_role_policy" "moves" {
  name   = "moves"
  role   = aws_iam_role.mover.id
  policy = replace(local.moves, "environment/shop/*", "environment/${var.environments}")
}

resource "aws_iam_role_policy" "through_beanstalk" {
  name   = "through-beanstalk"
  role   = aws_iam_role.mover.id
  policy = local.through
}

output "role_arn" {
  description = "For rollout_role_arn of [account.NAME]."
  value       = aws_iam_role.mover.arn
}
