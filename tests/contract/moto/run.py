"""The moto contract; see run.sh for how it is called. One function for each case."""

import gzip
import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import tomllib

from account import OUR_TAG, REGIONS, Account, snapshots_of, tags_of
from guests import Guests, nspawn_works
from proxy import Proxy

HOUSE = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("AMIWATCH_BIN", HOUSE / "target/debug/amiwatch")).resolve()
PARAMETER = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
INSTALLATION = "moto-contract"
# One bake: two boots of a guest, each with its looks.
BAKE_MAX_S = 600
passed = 0


class Breach(Exception):
    """Something that the contract says does not hold."""


def check(what, held, seen=None):
    global passed
    if not held:
        raise Breach(f"{what}: {seen!r}" if seen is not None else what)
    passed += 1


def equal(what, seen, wanted):
    check(what, seen == wanted, {"seen": seen, "wanted": wanted})


class House:
    """Where amiwatch runs: a folder with its configs and stores, and nothing of this machine's own."""

    def __init__(self, scratch, endpoint):
        self.folder = scratch / "amiwatch"
        self.folder.mkdir()
        (self.folder / "recipes").symlink_to(HOUSE / "config/recipes")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "moto",
            "AWS_SECRET_ACCESS_KEY": "moto",
            "AWS_REGION": REGIONS[0],
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self.transcript = []

    def config(self, name, text):
        path = self.folder / f"{name}.toml"
        store = f'[store]\nurl = "sqlite://{self.folder}/{name}.db"\n'
        path.write_text(f'installation = "{INSTALLATION}"\n{store}{text}')
        return path.name

    def start(self, *words, endpoint=None):
        environment = dict(self.environment)
        if endpoint:
            environment["AWS_ENDPOINT_URL"] = endpoint
        return subprocess.Popen(
            [BINARY, *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words, exits, endpoint=None, tell=False):
        """Runs amiwatch to its end; returns what it printed, in order."""
        started = self.start(*words, endpoint=endpoint)
        try:
            output, _ = started.communicate(timeout=BAKE_MAX_S)
        except subprocess.TimeoutExpired:
            started.kill()
            raise Breach(f"amiwatch {words} did not end: {started.communicate()[0]}") from None
        if tell:
            words = [word for word in words if word != "--config" and not word.endswith(".toml")]
            self.transcript += [f"$ amiwatch {' '.join(words)}", output.rstrip("\n")]
            self.transcript += [f"exit code {started.returncode}", ""]
        check(f"no panic in {words}", "panicked" not in output, output)
        equal(f"exit code of {words}, which printed {output!r}", started.returncode, exits)
        return output

    def json(self, *words, exits, **more):
        output = self.run(*words, "--format", "json", exits=exits, **more)
        return json.loads(output[output.index("{") :])


class Contract:
    """Everything that the cases share."""

    def __init__(self, scratch, kind, cache):
        self.kind = kind
        self.account = Account(scratch / "moto.log")
        self.proxy = Proxy(self.account)
        self.guests = Guests(kind, scratch, cache, self.account.powered_off)
        self.proxy.guests = self.guests
        self.house = House(scratch, self.proxy.url)

    def close(self):
        self.guests.close()
        self.proxy.close()
        self.account.close()


# --- parameters: AWS's real recorded releases, in several regions


def parameters(it):
    regions = REGIONS[:3]
    watches = "".join(
        f'[watch.{region}]\nregion = "{region}"\nbase = {{ ssm = "{PARAMETER}" }}\n' for region in regions
    )
    told = it.house.config("told", watches)
    made = it.house.config("made", watches.replace(" }\n", ' }\nrecipe = "ecs-logging"\n') + recipe(it))
    # Only told of: nothing that could be behind. With a recipe: nothing has been baked yet.
    releases = {}
    for name, exits, codes in ((told, 0, []), (made, 3, ["BASE_NEWER"])):
        answer = it.house.json("--config", name, "check", exits=exits)
        equal("schema", answer["schema"], "amiwatch.check/1")
        equal("watches", [one["watch"] for one in answer["watches"]], sorted(regions))
        for one in answer["watches"]:
            region, release = one["watch"], one["release"]
            compare_release(it, region, release)
            equal(f"reasons in {region}", [reason["code"] for reason in one["reasons"]], codes)
            releases[region] = release["image"]
    equal("each region has an image of its own", len(set(releases.values())), len(regions))
    straight_at_moto(it, releases)
    not_to_be_believed(it)


def compare_release(it, region, release):
    """What amiwatch reports against what boto3 reads of the same account by itself."""
    ssm, ec2 = it.account.client("ssm", region), it.account.client("ec2", region)

    def parameter(name):
        return ssm.get_parameter(Name=name)["Parameter"]["Value"]

    image = parameter(f"{PARAMETER}/image_id")
    equal(f"release of {region}", release["image"], image)
    equal(f"version in {region}", release["version"], parameter(f"{PARAMETER}/image_version"))
    listed = ec2.describe_images(ImageIds=[image])["Images"][0]
    equal(f"image name in {region}", release["image_name"], listed["Name"])
    equal(f"architecture in {region}", release["architecture"], listed["Architecture"])
    check(f"{image} is Amazon's", listed["ImageOwnerAlias"] == "amazon", listed)


def straight_at_moto(it, releases):
    """Without the proxy: the same images by the plain parameter; and moto's dict is no release."""
    watches = "".join(
        f'[watch.{region}]\nregion = "{region}"\nbase = {{ ssm = "{PARAMETER}/image_id" }}\n'
        for region in releases
    )
    plain = it.house.config("plain", watches)
    answer = it.house.json("--config", plain, "check", exits=0, endpoint=it.account.url)
    seen = {one["watch"]: one["release"]["image"] for one in answer["watches"]}
    equal("releases without the proxy", seen, releases)


def not_to_be_believed(it):
    """A parameter that is missing, is no image, or names one that EC2 does not list: not drift, exit 4."""
    region = REGIONS[0]
    values = {"unlisted": "ami-0123456789abcdef0", "prose": "the newest one", "half": '{"image_id": '}
    for name, value in values.items():
        it.account.client("ssm", region).put_parameter(
            Name=f"/contract/{name}", Value=value, Type="String", Overwrite=True
        )
    watches = "".join(
        f'[watch.{name}]\nregion = "{region}"\nbase = {{ ssm = "/contract/{name}" }}\nrecipe = "ecs-logging"\n'
        for name in (*values, "absent")
    )
    name = it.house.config("doubtful", watches + recipe(it))
    for one in it.house.json("--config", name, "check", exits=4)["watches"]:
        codes = {reason["code"] for reason in one["reasons"]}
        check(f"{one['watch']} cannot be told", "UNREACHABLE" in codes, one)
    said = it.house.run("--config", name, "bake", "unlisted", exits=4)
    check("says why nothing was baked", "ami-0123456789abcdef0" in said, said)
    equal("nothing was launched", it.account.instances(region), [])


# --- survey: moto has environments, and few of the calls about them


def survey(it):
    region = REGIONS[0]
    empty = it.house.json("survey", exits=0)
    equal("an account without environments", (empty["environments"], empty["unreachable"]), ([], []))
    beanstalk = it.account.client("elasticbeanstalk", region)
    beanstalk.create_application(ApplicationName="shop")
    stack = next(
        name
        for name in beanstalk.list_available_solution_stacks()["SolutionStacks"]
        if name.endswith("running ECS")
    )
    for name in ("shop-blue", "shop-green"):
        beanstalk.create_environment(
            ApplicationName="shop", EnvironmentName=name, SolutionStackName=stack
        )
    for where in (it.proxy.url, it.account.url):
        found = it.house.json("survey", exits=4, endpoint=where)
        equal("schema", found["schema"], "amiwatch.survey/1")
        check("what moto lacks is told", found["unreachable"], found)
        for one in found["unreachable"]:
            check("each with a reason", one["what"] and one["why"], one)
        classes = {reason["code"] for one in found["environments"] for reason in one["reasons"]}
        check("nothing is taken for drift", classes <= {"UNREACHABLE"}, classes)
    target = '[[watch.shop.target]]\nbeanstalk = { application = "shop", environment = "shop-*" }\n'
    branch = "ECS running on 64bit Amazon Linux 2023"
    watch = f'[watch.shop]\nregion = "{region}"\nbase = {{ beanstalk = "{branch}" }}\nrecipe = "ecs-logging"\n'
    name = it.house.config("beanstalk", watch + target + recipe(it))
    answer = it.house.json("--config", name, "check", exits=4)
    codes = {reason["code"] for reason in answer["watches"][0]["reasons"]}
    check("the watch cannot be told", "UNREACHABLE" in codes, codes)
    it.house.run("--config", name, "bake", "shop", exits=4)
    equal("and nothing is launched", it.account.instances(region), [])


# --- bake: the whole of it, with a guest that really boots


def bake(it):
    region = REGIONS[0]
    topic, queue = it.account.mailbox(region)
    before = len(it.account.volumes(region))
    name = it.house.config("bake", bake_config(it, region, topic))
    said = ("--config", name)
    it.house.run(*said, "check", exits=3, tell=True)
    it.house.run(*said, "plan", exits=3, tell=True)
    it.house.run(*said, "bake", "ecs-hosts", exits=0, tell=True)
    image = one_image(it, region, "ecs-hosts")
    nothing_else(it, region, [image])
    equal("volumes", len(it.account.volumes(region)), before)
    launches(it, region, image)
    mail = it.account.mail(region, queue)
    told = [text for _, text in mail if image["ImageId"] in text]
    check("the image is announced", told, mail)
    subjects = [subject for subject, _ in mail]
    equal("each message once", len(subjects), len(set(subjects)))
    it.house.run(*said, "check", exits=0, tell=True)
    it.house.run(*said, "run", "--once", exits=0, tell=True)
    it.house.transcript += ["The topic's subscriber received:", ""]
    for subject, text in mail:
        it.house.transcript += [f"    Subject: {subject}", ""]
        it.house.transcript += [f"    {line}".rstrip() for line in text.splitlines()] + [""]
    again(it, region, queue, topic, image)


def again(it, region, queue, topic, image):
    """Nothing new comes of asking again: with the store, and with it lost."""
    for name in ("bake", "lost"):
        config = it.house.config(name, bake_config(it, region, topic))
        it.house.run("--config", config, "bake", "ecs-hosts", exits=0)
    equal("still the one image", one_image(it, region, "ecs-hosts")["ImageId"], image["ImageId"])
    nothing_else(it, region, [image])
    mail = [subject for subject, _ in it.account.mail(region, queue)]
    check("nobody is told of it as baked again", not any("aked" in one for one in mail), mail)


def one_image(it, region, watch):
    """Exactly one image of ours: verified, with every contract tag, under its deterministic name."""
    images = it.account.own_images(region)
    equal(f"images in {region}", len(images), 1)
    image, tags = images[0], tags_of(images[0])
    release = it.account.client("ssm", region).get_parameter(Name=f"{PARAMETER}/image_id")
    version = it.account.client("ssm", region).get_parameter(Name=f"{PARAMETER}/image_version")
    wanted = {
        OUR_TAG: INSTALLATION,
        "amiwatch:watch": watch,
        "amiwatch:generation": "0",
        "amiwatch:role": "image",
        "amiwatch:state": "verified",
        "amiwatch:base-image": release["Parameter"]["Value"],
        "amiwatch:base-version": version["Parameter"]["Value"],
        "CostCenter": "1234",
    }
    equal("tags", {name: tags.get(name) for name in wanted}, wanted)
    for name in ("amiwatch:key", "amiwatch:recipe-digest"):
        check(name, re.fullmatch("[0-9a-f]{64}", tags.get(name, "")), tags)
    name = f"amiwatch/{watch}/{wanted['amiwatch:base-version']}/{tags['amiwatch:key'][:12]}-0"
    equal("name", image["Name"], name)
    ours = {one["SnapshotId"] for one in it.account.own_snapshots(region)}
    equal("snapshots", ours, set(snapshots_of(image)))
    return image


def nothing_else(it, region, images):
    """Nothing that a bake made is left, but these images."""
    states = {one["InstanceId"]: one["State"]["Name"] for one in it.account.instances(region)}
    equal(f"instances in {region}", set(states.values()) - {"terminated"}, set())
    equal("security groups", it.account.own_groups(region), [])
    equal("key pairs", it.account.client("ec2", region).describe_key_pairs()["KeyPairs"], [])
    kept = {one["ImageId"] for one in images}
    equal("images", {one["ImageId"] for one in it.account.own_images(region)}, kept)
    disks = {snapshot for one in images for snapshot in snapshots_of(one)}
    equal("snapshots", {one["SnapshotId"] for one in it.account.own_snapshots(region)}, disks)
    equal("guests", list(it.guests.running), [])


def launches(it, region, image):
    """One builder and one boot test: no key, IMDSv2, tagged from birth, with the user data that ran."""
    seen = [one for one in it.proxy.launches if one["region"] == region]
    equal("launches", len(seen), 2)
    known = {one["InstanceId"]: one for one in it.account.instances(region)}
    equal("instances ever", set(known), {one["instance"] for one in seen})
    wanted = (
        ("builder", tags_of(image)["amiwatch:base-image"], "stop"),
        ("boot-test", image["ImageId"], "terminate"),
    )
    for request, (role, base, on_shutdown) in zip(seen, wanted):
        instance = known[request["instance"]]
        check(f"{role}: no key pair", "KeyName" not in request and "KeyName" not in instance)
        equal(f"{role}: IMDSv2", request["MetadataOptions.HttpTokens"], "required")
        equal(f"{role}: as moto has it", instance["MetadataOptions"]["HttpTokens"], "required")
        equal(f"{role}: launched from", instance["ImageId"], base)
        equal(f"{role}: on shutdown", request["InstanceInitiatedShutdownBehavior"], on_shutdown)
        check(f"{role}: one token", len(request["ClientToken"]) <= 64, request["ClientToken"])
        tags = {value for name, value in request.items() if name.startswith("TagSpecification.")}
        check(f"{role}: tagged from birth", {OUR_TAG, INSTALLATION, role, "1234"} <= tags, tags)
        ec2 = it.account.client("ec2", region)
        stored = ec2.describe_instance_attribute(
            InstanceId=request["instance"], Attribute="userData"
        )
        ran = (it.guests.consoles / f"{request['instance']}.user-data").read_bytes()
        equal(f"{role}: user data", base64.b64decode(stored["UserData"]["Value"]), ran)
        check(f"{role}: user data is within EC2's limit", len(ran) <= 16_384, len(ran))
        check(f"{role}: no secret of ours", b"moto-secret" not in plain(ran))
    groups = {request["SecurityGroupId.1"] for request in seen}
    equal("one group for both", len(groups), 1)
    inbound = [call for call in it.proxy.calls if call == (region, "AuthorizeSecurityGroupIngress")]
    equal("inbound rules ever made", inbound, [])
    keys = [call for call in it.proxy.calls if call[1] in ("CreateKeyPair", "ImportKeyPair")]
    equal("key pairs ever made", keys, [])


def plain(user_data):
    return gzip.decompress(user_data) if user_data[:2] == b"\x1f\x8b" else user_data


# --- failing: what is not proved does not stay


def failing(it):
    region = REGIONS[3]
    topic, queue = it.account.mailbox(region)
    cases = {
        # Wrong in the builder: no image is ever made.
        "unmet": ("gelfd is an allowed log driver", "grep -q gelfd $ECS"),
        # Right in the builder, gone at the next boot: the image is made, tried and removed.
        "fleeting": ("the marker is there", "test -e $RUN/contract-marker"),
    }
    (it.house.folder / "fleeting.yaml").write_text(
        "#cloud-config\nruncmd:\n  - touch /run/contract-marker\n"
        if it.kind == "nspawn"
        else '#cloud-config\nruncmd:\n  - touch "$AMIWATCH_ROOT/run/contract-marker"\n'
    )
    for watch, (name, run) in cases.items():
        places = {"$ECS": "/etc/ecs/ecs.config", "$RUN": "/run"}
        if it.kind == "shell":
            places = {"$ECS": '"$ECS_CONFIG"', "$RUN": '"$AMIWATCH_ROOT/run"'}
        for word, place in places.items():
            run = run.replace(word, place)
        user_data = "fleeting.yaml" if watch == "fleeting" else "recipes/ecs-logging.yaml"
        text = watch_config(watch, region, watch) + notifier(topic)
        text += f'[recipe.{watch}]\nuser_data = "{user_data}"\n'
        text += f"[[recipe.{watch}.checks]]\nname = \"{name}\"\nrun = '''{run}'''\n"
        config = it.house.config(watch, text)
        made = len(calls(it, region, "CreateImage"))
        output = it.house.run("--config", config, "bake", watch, exits=1)
        check("the failing check is named", name in output, output)
        wanted = 1 if watch == "fleeting" else 0
        equal("images tried", len(calls(it, region, "CreateImage")) - made, wanted)
        nothing_else(it, region, [])
        mail = it.account.mail(region, queue)
        check("the failure is told", any("fail" in subject.lower() for subject, _ in mail), mail)
        check("and why", any(name in text for _, text in mail), mail)
        status = it.house.run("--config", config, "status", exits=0)
        check("status remembers it", watch in status, status)
        # The pause after a failure: a pass does not bake the same again at once.
        it.house.run("--config", config, "run", "--once", exits=0)
        again = len(calls(it, region, "CreateImage")) - made
        equal("images tried after a pass", again, wanted)


def calls(it, region, action):
    return [call for call in it.proxy.calls if call == (region, action)]


# --- killed: kill -9 at the worst moments, with a pass after it each time


def killed(it):
    region = REGIONS[1]
    topic, queue = it.account.mailbox(region)
    config = it.house.config("killed", bake_config(it, region, topic, on_drift="bake"))
    # The call has taken effect, and nobody hears of it.
    for action in ("CreateSecurityGroup", "RunInstances", "CreateImage", "CreateTags"):
        die_at(it, config, action)
    started = time.monotonic()
    it.house.run("--config", config, "run", "--once", exits=0)
    print(f"    the last pass took {time.monotonic() - started:.1f} s")
    image = one_image(it, region, "ecs-hosts")
    nothing_else(it, region, [image])
    launches(it, region, image)
    equal("images made", len(calls(it, region, "CreateImage")), 1)
    mail = it.account.mail(region, queue)
    about = [subject for subject, text in mail if image["ImageId"] in text]
    check("the image is announced", about, mail)
    it.house.run("--config", config, "check", exits=0)


def die_at(it, config, action):
    started = it.house.start("--config", config, "run", "--once")
    it.proxy.before_answer = (action, lambda: os.kill(started.pid, signal.SIGKILL))
    try:
        output, _ = started.communicate(timeout=BAKE_MAX_S)
    except subprocess.TimeoutExpired:
        started.kill()
        raise Breach(f"amiwatch did not come to {action}: {started.communicate()[0]}") from None
    equal(f"killed at {action}, after {output!r}", started.returncode, -signal.SIGKILL)


# --- configs


def recipe(it):
    """The shipped recipe with the shipped checks, as the example config has them."""
    example = tomllib.loads((HOUSE / "config/amiwatch.example.toml").read_text())
    text = '[recipe.ecs-logging]\nuser_data = "recipes/ecs-logging.yaml"\n'
    for one in example["recipe"]["ecs-logging"]["checks"]:
        run = one["run"]
        if it.kind == "shell":
            run = run.replace("/etc/ecs/ecs.config", '"$ECS_CONFIG"')
        text += f"[[recipe.ecs-logging.checks]]\nname = \"{one['name']}\"\nrun = '''{run}'''\n"
    return text


def watch_config(watch, region, recipe_name, on_drift="notify"):
    return (
        f'[watch.{watch}]\nregion = "{region}"\nbase = {{ ssm = "{PARAMETER}" }}\n'
        f'recipe = "{recipe_name}"\non_drift = "{on_drift}"\n[tags]\nCostCenter = "1234"\n'
    )


def notifier(topic):
    return f'[notify.ops]\nsns = {{ topic_arn = "{topic}" }}\n'


def bake_config(it, region, topic, on_drift="notify"):
    return watch_config("ecs-hosts", region, "ecs-logging", on_drift) + recipe(it) + notifier(topic)


CASES = {
    "parameters": parameters,
    "survey": survey,
    "bake": bake,
    "failing": failing,
    "killed": killed,
}


def who_plays(scratch, cache):
    """`nspawn`, or loudly `shell`."""
    wanted = os.environ.get("MOTO_GUEST")
    if wanted == "shell":
        return "shell"
    why = nspawn_works(cache, scratch / "probe.log")
    if why is None:
        return "nspawn"
    if wanted == "nspawn":
        log = scratch / "probe.log"
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise SystemExit(f"moto contract: no nspawn guest here: {why}\n{tail}")
    print("*" * 80)
    print(f"* No real guest: {why}.")
    print("* The composed user data runs under /bin/sh in a folder instead: no cloud-init, no boot.")
    print("*" * 80)
    return "shell"


HEAD = """\
A whole bake against a moto server (PyPI), written by:

    MOTO_TRANSCRIPT=docs/transcripts/moto-bake.txt tests/contract/moto/run.sh bake

The base is AWS's real recorded ECS-optimized image of {region}. The guests are {guests}, given the
very user data of RunInstances. stdout and stderr stand together, as on a terminal that is none.
"""
GUESTS = {
    "nspawn": "a Debian under a real cloud-init in a container",
    "shell": "/bin/sh in a folder, without a cloud-init",
    "none": "not played",
}
# Of a console: that it really booted, what proved it, and that it ended.
TOLD_OF_CONSOLE = re.compile(r"Linux .*GNU|Cloud-init v|AMIWATCH1 \S+ (1/|clean )|ower.?[Oo]ff")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def write_transcript(it, scratch):
    path = os.environ.get("MOTO_TRANSCRIPT")
    if not path or not it.house.transcript:
        return
    lines = [HEAD.format(region=REGIONS[0], guests=GUESTS[it.kind]), *it.house.transcript]
    for launch in it.proxy.launches:
        lines += ["", f"Of the console of {launch['instance']} ({launch['InstanceType']}):", ""]
        console = it.guests.console(launch["instance"]).decode(errors="replace")
        shown = [ESCAPES.sub("", line).strip() for line in console.splitlines()]
        lines += [f"    {line}" for line in shown if TOLD_OF_CONSOLE.search(line)]
    text = "\n".join(lines).rstrip() + "\n"
    text = text.replace(str(it.house.folder) + "/", "").replace(str(scratch) + "/", "")
    pathlib.Path(path).write_text(text)


def print_who_is_up(it):
    """A breach may be a guest's: what the ones that have not ended said last."""
    for instance in list(it.guests.running):
        console = ESCAPES.sub("", it.guests.console(instance).decode(errors="replace"))
        said = [line.strip() for line in console.splitlines() if line.strip()]
        print(f"{instance} is still up; the end of its console:")
        print("\n".join(f"    {line}" for line in said[-20:]))


def main():
    names = sys.argv[1:] or list(CASES)
    unknown = [name for name in names if name not in CASES]
    if unknown or not BINARY.exists():
        print(f"moto contract: no case {unknown}" if unknown else f"moto contract: no {BINARY}")
        return 2
    with tempfile.TemporaryDirectory(prefix="moto-contract-") as folder:
        scratch = pathlib.Path(folder)
        cache = pathlib.Path(os.environ.get("AMIWATCH_GUEST_CACHE") or scratch / "guestcache")
        boots = {"bake", "failing", "killed"} & set(names)
        kind = who_plays(scratch, cache) if boots else "none"
        it = Contract(scratch, kind, cache)
        try:
            for name in names:
                started = time.monotonic()
                CASES[name](it)
                print(f"  {name}: held, {time.monotonic() - started:.1f} s")
            write_transcript(it, scratch)
        except Breach as breach:
            print(f"moto contract: BREACH in {name}: {breach}")
            print_who_is_up(it)
            return 1
        finally:
            it.close()
    print(f"moto contract: {passed} checks passed; guests: {GUESTS[kind]}")
    return 0


sys.exit(main())
