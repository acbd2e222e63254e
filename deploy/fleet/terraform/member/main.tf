# The role by which amiwatch looks at this account from another one. It changes nothing: what it may do is
# deploy/iam/look.json, in the account's own partition, beside AWS's own read-only policy.

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
  description = "What whoever assumes the role must tell, as external_id in [account.NAME]."
  type        = string
}

variable "role_name" {
  description = "The same in every account, so that the hub's policy can name it."
  type        = string
  default     = "amiwatch"
}

variable "tells_what_names_images" {
  description = "Lets the hub ask what here names its images before it retires them, where it shares them with this account."
  type        = bool
  default     = false
}

data "aws_partition" "here" {}

data "aws_caller_identity" "here" {}

locals {
  arn    = "arn:${data.aws_partition.here.partition}:"
  look   = replace(file("${path.module}/../../../iam/look.json"), "arn:aws:", local.arn)
  images = replace(file("${path.module}/../../../iam/images.json"), "arn:aws:", local.arn)
  names  = jsondecode(replace(local.images, "111122223333", data.aws_caller_identity.here.account_id))
  # What is asked in the account that has the images is not asked here.
  asked_here = [
    "LookWhoLaunchesImages", "LookWhichSettingsNameImages", "LookWhichParametersHoldImages", "ReadThoseParameters",
  ]
}

resource "aws_iam_role" "amiwatch" {
  name                 = var.role_name
  description          = "amiwatch looks at this account by it"
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

resource "aws_iam_role_policy" "look" {
  name   = "look"
  role   = aws_iam_role.amiwatch.id
  policy = local.look
}

resource "aws_iam_role_policy" "names_images" {
  count = var.tells_what_names_images ? 1 : 0
  name  = "names-images"
  role  = aws_iam_role.amiwatch.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for one in local.names.Statement : one if contains(local.asked_here, one.Sid)]
  })
}

resource "aws_iam_role_policy_attachment" "beanstalk" {
  role       = aws_iam_role.amiwatch.name
  policy_arn = "arn:${data.aws_partition.here.partition}:iam::aws:policy/AWSElasticBeanstalkReadOnly"
}

output "role_arn" {
  description = "For role_arn of [account.NAME]."
  value       = aws_iam_role.amiwatch.arn
}
