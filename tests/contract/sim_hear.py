"""The simulated account's FIFO topics and its default event bus, driven by boto3.

    sim_hear.py URL

Works in a region of its own. Prints one closing line, `N checks passed`; at the first failed check it exits 1.
"""

import json

import sim_client
from sim_client import check, client, equal, fails

HOME = "eu-north-1"


def fifo():
    sns, sqs = client("sns", HOME), client("sqs", HOME)
    topic = sns.create_topic(Name="hear.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    queue = sqs.create_queue(QueueName="hear", Attributes={})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    one = {"TopicArn": topic, "Message": "one", "MessageGroupId": "story", "MessageDeduplicationId": "key-1"}
    first = sns.publish(**one)["MessageId"]
    equal("a repeat is the same message", sns.publish(**one)["MessageId"], first)
    other = sns.publish(**{**one, "MessageDeduplicationId": "key-2"})["MessageId"]
    check("another key is another message", other != first, other)
    heard = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    equal("each arrives once", len(heard), 2)
    without = {name: value for name, value in one.items() if name != "MessageGroupId"}
    fails("without a group", "InvalidParameter", sns.publish, **without)
    without = {name: value for name, value in one.items() if name != "MessageDeduplicationId"}
    fails("without a key", "InvalidParameter", sns.publish, **without)
    fails("a key that is too long", "InvalidParameter", sns.publish, **{**one, "MessageDeduplicationId": "k" * 129})
    standard = sns.create_topic(Name="hear")["TopicArn"]
    fails("a key on a standard topic", "InvalidParameter", sns.publish, **{**one, "TopicArn": standard})


def bus():
    events = client("events", HOME)
    good = {"Source": "amiwatch", "DetailType": "amiwatch baked", "Detail": json.dumps({"a": 1})}
    answer = events.put_events(Entries=[good, {**good, "Detail": "no json"}, {**good, "EventBusName": "none"}, {**good, "Source": "aws.ec2"}])
    equal("each entry fails by itself", answer["FailedEntryCount"], 3)
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    wanted = [None, "MalformedDetail", "ResourceNotFoundException", "NotAuthorizedForSourceException"]
    equal("and says why", codes, wanted)
    check("what was taken has an id", answer["Entries"][0].get("EventId"), answer)
    equal("the default bus is there", events.describe_event_bus()["Name"], "default")
    fails("another one is not", "ResourceNotFoundException", events.describe_event_bus, Name="none")
    fails("no more than ten at once", "ValidationException", events.put_events, Entries=[good] * 11)


def main():
    fifo()
    bus()
    print(f"hear: {sim_client.passed} checks passed")


main()
