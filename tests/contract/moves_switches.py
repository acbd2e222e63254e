"""What AWS does not say of environment updates runs both ways."""

from moves_client import (
    IMMUTABLE, LAUNCH, ROLLING, change, eb, ec2, environment, every, image, image_of, images, instances, messages,
    move, sets, settle, shown, updates, version,
)
from sim_client import advance, check, control, equal, fails


def moves(**switches):
    control("POST", "world", {"moves": switches})


def image_with_platform():
    moves(image_with_platform="refused")
    environment("till-both", options=IMMUTABLE, version="4.0.0")
    good, newest = image("good-both"), version("4.1.0")
    fails("image and platform are refused", "InvalidParameterCombination", move, name="till-both", image=good, PlatformArn=newest)
    equal("and nothing happened", updates("till-both"), [])
    moves(image_with_platform="two_replacements")
    launched = len(every("till-both"))
    move("till-both", good, PlatformArn=newest)
    settle("till-both")
    equal("replaced twice", len(every("till-both")) - launched, 4)
    equal("and there", (shown("till-both")["PlatformArn"], set(images("till-both"))), (newest, {good}))
    moves(image_with_platform="one_replacement")
    launched = len(every("till-both"))
    move("till-both", image("next-both"), PlatformArn=version("4.0.0"))
    settle("till-both")
    equal("replaced once", len(every("till-both")) - launched, 2)


def second_of_two():
    """The second replacement fails: back to where the first one began, with the image of then."""
    moves(image_with_platform="two_replacements")
    environment("till-second", options=IMMUTABLE, version="4.0.0")
    before = image_of(sets("till-second")["deployed"])
    bad = image("bad-second", serves={"status": "Severe"})
    move("till-second", bad, PlatformArn=version("4.1.0"))
    settle("till-second", limit=14400)
    equal("the platform as before", shown("till-second")["PlatformArn"], version("4.0.0"))
    equal("and the instances", images("till-second"), [before] * 2)


def immutable_alone():
    moves(immutable_alone=True)
    environment("till-alone", options=IMMUTABLE, version="4.0.0")
    good, newest = image("good-alone"), version("4.1.0")
    fails("immutable comes alone", "InvalidParameterValue", move, name="till-alone", image=good, PlatformArn=newest)
    settings = [{"Namespace": LAUNCH, "OptionName": "ImageId", "Value": good},
                {"Namespace": "aws:autoscaling:asg", "OptionName": "MaxSize", "Value": "8"}]
    fails("without other settings", "InvalidParameterValue", eb.update_environment, EnvironmentName="till-alone", OptionSettings=settings)
    equal("the image alone goes", move("till-alone", good)["Status"], "Updating")
    settle("till-alone")
    moves(immutable_alone=False)
    equal("or all of it", eb.update_environment(EnvironmentName="till-alone", OptionSettings=settings)["Status"], "Updating")
    settle("till-alone")


def superseded():
    """4.0.0 was run when it was superseded, 4.0.1 was not."""
    moves(superseded="only_if_run")
    environment("till-back", options=IMMUTABLE)
    fails("never run here", "InvalidParameterValue", eb.update_environment, EnvironmentName="till-back", PlatformArn=version("4.0.1"))
    equal("run here", eb.update_environment(EnvironmentName="till-back", PlatformArn=version("4.0.0"))["Status"], "Updating")
    settle("till-back")
    equal("and described all the same", eb.describe_platform_version(PlatformArn=version("4.0.1"))["PlatformDescription"]["PlatformVersion"], "4.0.1")
    moves(superseded="unseen")
    fails("or not even that", "InvalidParameterValue", eb.describe_platform_version, PlatformArn=version("4.0.1"))
    fails("nor used", "InvalidParameterValue", eb.update_environment, EnvironmentName="till-back", PlatformArn=version("4.0.1"))
    moves(superseded="all")
    equal("or all of them", eb.update_environment(EnvironmentName="till-back", PlatformArn=version("4.0.1"))["Status"], "Updating")
    settle("till-back")


def old_image_gone():
    environment("till-orphan", options=IMMUTABLE, image_id=image("orphan"))
    ec2.deregister_image(ImageId=images("till-orphan")[0])
    good = image("good-orphan")
    moves(old_image_gone="fails")
    answer = move("till-orphan", good)
    settle("till-orphan")
    check("even a new image does not help", any("does not exist" in m for m in messages(answer)), messages(answer))
    moves(old_image_gone="ignored")
    move("till-orphan", good)
    settle("till-orphan")
    equal("or nobody notices", set(images("till-orphan")), {good})


def policy_in_call():
    """A call that brings a policy of its own: which one governs it."""
    policy = [{"Namespace": ROLLING, "OptionName": "RollingUpdateType", "Value": "Immutable"}]
    for number, (governs, expected) in enumerate((("before", 2), ("same", 3))):
        moves(policy_in_call=governs)
        name = f"till-policy-{number}"
        environment(name)
        setting = {"Namespace": LAUNCH, "OptionName": "ImageId", "Value": image(f"policy-{number}")}
        eb.update_environment(EnvironmentName=name, OptionSettings=[setting, *policy])
        advance(35)
        equal(f"{governs}: so many at once", len(instances(name)), expected)
        settle(name)


def aborted_draft():
    for left in ("gone", "failed"):
        moves(aborted_draft=left)
        environment(f"till-abort-{left}", options=IMMUTABLE)
        move(f"till-abort-{left}", image(f"abort-{left}"))
        advance(60)
        eb.abort_environment_update(EnvironmentName=f"till-abort-{left}")
        settle(f"till-abort-{left}")
        equal(f"{left}: the draft", "failed" in sets(f"till-abort-{left}"), left == "failed")


def failed_draft_stays():
    moves(failed_draft_stays=True)
    environment("till-stays", options=IMMUTABLE)
    old = image("old-failure")
    change("till-stays", {"failed_image": old})
    good = image("good-stays")
    move("till-stays", good)
    equal("beside the new one", sorted(sets("till-stays")), ["deployed", "failed", "pending"])
    settle("till-stays")
    equal("and after it", image_of(sets("till-stays")["failed"]), old)
    eb.delete_environment_configuration(ApplicationName="till", EnvironmentName="till-stays")
    equal("until it is deleted", list(sets("till-stays")), ["deployed"])


def seen_late():
    control("POST", "world", {"timing": {"updates_seen": 120}})
    environment("till-late", options=IMMUTABLE)
    good = image("good-late")
    equal("the answer knows", move("till-late", good)["Status"], "Updating")
    equal("the list does not", (shown("till-late")["Status"], list(sets("till-late"))), ("Ready", ["deployed"]))
    fails("the next call does", "InvalidParameterValue", move, name="till-late", image=good)
    advance(125)
    equal("then all do", shown("till-late")["Status"], "Updating")
    control("POST", "world", {})
    settle("till-late")


def run():
    for switch in (
        image_with_platform, second_of_two, immutable_alone, superseded, old_image_gone, policy_in_call, aborted_draft,
        failed_draft_stays, seen_late,
    ):
        switch()
        control("POST", "world", {})
