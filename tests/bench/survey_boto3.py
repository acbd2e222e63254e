"""A survey of Beanstalk environments as a person would write it with boto3 and 16 threads: what
`amiwatch survey` is measured against. Prints one JSON object: environment -> [image, drifted].
"""

import json
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

THREADS = 16
config = Config(max_pool_connections=THREADS)
beanstalk = boto3.client("elasticbeanstalk", config=config)
ec2 = boto3.client("ec2", config=config)


def image_in_use(environment):
    answer = beanstalk.describe_configuration_settings(
        ApplicationName=environment["ApplicationName"],
        EnvironmentName=environment["EnvironmentName"],
    )
    for settings in answer["ConfigurationSettings"]:
        if settings.get("DeploymentStatus") != "deployed":
            continue
        for option in settings["OptionSettings"]:
            if option["OptionName"] == "ImageId":
                return option["Value"]
    return None


def stock_image(description):
    images = description["CustomAmiList"]
    return next((i["ImageId"] for i in images if i["VirtualizationType"] == "hvm"), None)


def describe_version(arn):
    return beanstalk.describe_platform_version(PlatformArn=arn)["PlatformDescription"]


def recommended_image(branch):
    listed = beanstalk.list_platform_versions(
        Filters=[
            {"Type": "PlatformBranchName", "Operator": "=", "Values": [branch]},
            {"Type": "PlatformLifecycleState", "Operator": "=", "Values": ["recommended"]},
        ]
    )
    return stock_image(describe_version(listed["PlatformSummaryList"][0]["PlatformArn"]))


def describe_images(ids):
    filters = [{"Name": "image-id", "Values": ids}]
    return ec2.describe_images(Filters=filters, IncludeDeprecated=True)["Images"]


def main():
    pages = beanstalk.get_paginator("describe_environments").paginate(IncludeDeleted=False)
    environments = [one for page in pages for one in page["Environments"]]
    with ThreadPoolExecutor(THREADS) as pool:
        in_use = list(pool.map(image_in_use, environments))
        arns = sorted({one["PlatformArn"] for one in environments})
        versions = dict(zip(arns, pool.map(describe_version, arns)))
        branches = sorted({one["PlatformBranchName"] for one in versions.values()})
        newest = dict(zip(branches, pool.map(recommended_image, branches)))
        ids = sorted({image for image in in_use if image})
        batches = [ids[at : at + 100] for at in range(0, len(ids), 100)]
        images = {
            image["ImageId"]: image
            for batch in pool.map(describe_images, batches)
            for image in batch
        }
    verdicts = {}
    for environment, image in zip(environments, in_use):
        version = versions[environment["PlatformArn"]]
        made_from = images.get(image, {}).get("SourceImageId")
        custom = image != stock_image(version)
        drifted = custom and made_from != newest[version["PlatformBranchName"]]
        verdicts[environment["EnvironmentName"]] = [image, drifted]
    print(json.dumps(verdicts, sort_keys=True))


main()
