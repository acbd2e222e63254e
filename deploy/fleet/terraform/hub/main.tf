# Lets whatever amiwatch runs as assume its roles in the member accounts of a fleet. What it may do in its own
# account is apart from this (deploy/iam).

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "hub_role_name" {
  description = "The role that amiwatch runs as in this account; it is there already."
  type        = string
}

variable "member_role_name" {
  description = "As the member accounts' roles are called."
  type        = string
  default     = "amiwatch"
}

variable "mover_role_name" {
  description = "As the roles are called by which environments of member accounts are moved."
  type        = string
  default     = "amiwatch-rollout"
}

variable "organization_id" {
  description = "The members are in this organization; no role of that name elsewhere may be assumed."
  type        = string
}

data "aws_partition" "here" {}

resource "aws_iam_policy" "assume_member_roles" {
  name_prefix = "amiwatch-members-"
  description = "amiwatch looks at the accounts of a fleet"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "AssumeMemberRoles"
      Effect = "Allow"
      Action = "sts:AssumeRole"
      Resource = [
        "arn:${data.aws_partition.here.partition}:iam::*:role/${var.member_role_name}",
        "arn:${data.aws_partition.here.partition}:iam::*:role/${var.mover_role_name}",
      ]
      Condition = { StringEquals = { "aws:ResourceOrgID" = var.organization_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "assume_member_roles" {
  role       = var.hub_role_name
  policy_arn = aws_iam_policy.assume_member_roles.arn
}
