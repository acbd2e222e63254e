"""The moto server of a run, and what boto3 reads from it directly: the judge's own eyes."""

import http.client
import json
import pathlib
import socket
import subprocess
import sys
import time

import boto3

CREDENTIALS = {"aws_access_key_id": "moto", "aws_secret_access_key": "moto"}
OUR_TAG = "amiwatch:installation"
SERVER = pathlib.Path(__file__).with_name("server.py")


class Account:
    """One moto server on a free loopback port; ended by its own process id."""

    def __init__(self, log):
        for _ in range(5):
            self.port = free_port()
            self.log = log.open("ab")
            self.server = subprocess.Popen(
                [sys.executable, str(SERVER), "-H", "127.0.0.1", "-p", str(self.port)],
                stdout=self.log,
                stderr=subprocess.STDOUT,
            )
            if self.is_up():
                self.url = f"http://127.0.0.1:{self.port}"
                return
            self.close()
        raise SystemExit(f"moto did not start: {log.read_text()[-2000:]}")

    def is_up(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.server.poll() is None:
            try:
                moto = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                moto.request("GET", "/moto-api/")
                return moto.getresponse().status == 200
            except OSError:
                time.sleep(0.1)
        return False

    def close(self):
        if self.server.poll() is None:
            self.server.terminate()
        self.server.wait()
        self.log.close()

    def client(self, service, region):
        return boto3.client(service, region_name=region, endpoint_url=self.url, **CREDENTIALS)

    def own_images(self, region, name=None):
        filters = [{"Name": "name", "Values": [name]}] if name else []
        return self.client("ec2", region).describe_images(Owners=["self"], Filters=filters)["Images"]

    def tag_snapshots(self, region, image, tags):
        ec2 = self.client("ec2", region)
        snapshots = snapshots_of(ec2.describe_images(ImageIds=[image])["Images"][0])
        if tags:
            ec2.create_tags(Resources=snapshots, Tags=tags)

    def instances(self, region):
        pages = self.client("ec2", region).get_paginator("describe_instances").paginate()
        return [i for page in pages for r in page["Reservations"] for i in r["Instances"]]

    def own_snapshots(self, region):
        found = self.client("ec2", region).describe_snapshots(OwnerIds=["self"])["Snapshots"]
        return [one for one in found if OUR_TAG in tags_of(one)]

    def own_groups(self, region):
        found = self.client("ec2", region).describe_security_groups()["SecurityGroups"]
        return [one for one in found if OUR_TAG in tags_of(one) or one["GroupName"] != "default"]

    def volumes(self, region):
        return self.client("ec2", region).describe_volumes()["Volumes"]

    def powered_off(self, instance):
        """The guest shut itself down: EC2 does what the launch said."""
        for region in REGIONS:
            ec2 = self.client("ec2", region)
            if instance not in [one["InstanceId"] for one in self.instances(region)]:
                continue
            attribute = "instanceInitiatedShutdownBehavior"
            said = ec2.describe_instance_attribute(InstanceId=instance, Attribute=attribute)
            end = said["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate"
            (ec2.terminate_instances if end else ec2.stop_instances)(InstanceIds=[instance])

    def mailbox(self, region):
        """A topic and a queue that gets its messages: (topic ARN, queue URL)."""
        topic = self.client("sns", region).create_topic(Name="amiwatch")["TopicArn"]
        sqs = self.client("sqs", region)
        queue = sqs.create_queue(QueueName="amiwatch")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        self.client("sns", region).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return topic, queue

    def mail(self, region, queue):
        """Every message that has come: (subject, text)."""
        sqs = self.client("sqs", region)
        mail = []
        while True:
            got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            if not got:
                return mail
            for one in got:
                body = json.loads(one["Body"])
                mail.append((body["Subject"], body["Message"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])


# One region for each story, so that none sees another's things.
REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2", "us-west-2")


def tags_of(thing):
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", [])}


def snapshots_of(image):
    disks = [disk["Ebs"]["SnapshotId"] for disk in image["BlockDeviceMappings"] if "Ebs" in disk]
    return sorted(disks)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
