# amiwatch's store as a table of DynamoDB, and the right to use it: what two hosts or two tasks share. The same as
# ../replicas.yaml without its service on ECS; docs/replicas.md walks through it.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "table_name" {
  description = "The table, as [store] url names it."
  type        = string
  default     = "amiwatch"
}

variable "installation" {
  description = "The `installation` of the config."
  type        = string
}

variable "role_names" {
  description = "The roles that amiwatch runs as (of its hosts, its tasks, and of people who give it commands); they are there already."
  type        = list(string)
  default     = []
}

resource "aws_dynamodb_table" "store" {
  name                        = var.table_name
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  hash_key                    = "pk"
  range_key                   = "sk"

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  tags = { "amiwatch:installation" = var.installation }

  lifecycle {
    prevent_destroy = true
  }
}

# The same as deploy/iam/store.json.
resource "aws_iam_policy" "store" {
  name_prefix = "amiwatch-store-"
  description = "What every process of amiwatch needs of its store"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadTheStore"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]
        Resource = aws_dynamodb_table.store.arn
      },
      {
        Sid    = "WriteTheStore"
        Effect = "Allow"
        Action = [
          "dynamodb:ConditionCheckItem",
          "dynamodb:DeleteItem",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
        ]
        Resource = aws_dynamodb_table.store.arn
      },
      {
        Sid      = "CheckTheStore"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable"]
        Resource = aws_dynamodb_table.store.arn
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "store" {
  count      = length(var.role_names)
  role       = var.role_names[count.index]
  policy_arn = aws_iam_policy.store.arn
}

output "store_url" {
  description = "The `[store] url` of the config, with the region that the provider is for."
  value       = "dynamodb://${aws_dynamodb_table.store.name}?region=${element(split(":", aws_dynamodb_table.store.arn), 3)}"
}
