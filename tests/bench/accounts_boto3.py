"""What runs in many accounts, as a person would write it with boto3: a role assumed in each, 16 places side by side, the
settings of every environment. Prints one JSON object: account/region/environment -> the image that is set.

    accounts_boto3.py ROLES.json
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

PLACES_AT_ONCE = 16
CONFIG = Config(max_pool_connections=4)
asked = json.load(open(sys.argv[1]))


def session(role):
    own = boto3.session.Session()
    given = own.client("sts").assume_role(RoleArn=role, RoleSessionName="survey", ExternalId=asked["external_id"])["Credentials"]
    return boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def image_set(beanstalk, environment):
    answer = beanstalk.describe_configuration_settings(
        ApplicationName=environment["ApplicationName"], EnvironmentName=environment["EnvironmentName"],
    )
    for settings in answer["ConfigurationSettings"]:
        if settings.get("DeploymentStatus") == "deployed":
            options = settings["OptionSettings"]
            return next((one["Value"] for one in options if one["OptionName"] == "ImageId"), None)


def look(place):
    account, made, region = place
    beanstalk = made.client("elasticbeanstalk", region_name=region, config=CONFIG)
    pages = beanstalk.get_paginator("describe_environments").paginate(IncludeDeleted=False)
    environments = [one for page in pages for one in page["Environments"]]
    return {f"{account}/{region}/{one['EnvironmentName']}": image_set(beanstalk, one) for one in environments}


def main():
    made = [(role.split(":")[4], session(role)) for role in asked["roles"]]
    places = [(account, one, region) for account, one in made for region in asked["regions"]]
    images = {}
    with ThreadPoolExecutor(PLACES_AT_ONCE) as pool:
        for found in pool.map(look, places):
            images |= found
    print(json.dumps(images, sort_keys=True))


main()
