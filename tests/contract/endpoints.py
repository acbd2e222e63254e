#!/usr/bin/env python3
"""Our list of regions without Elastic Beanstalk against the endpoint data that botocore ships.

    endpoints.py src/cloud/without_beanstalk.rs

Prints each difference and exits 1 when there is one: AWS has opened Elastic Beanstalk in a region, or
a region without it.
"""

import re
import sys
from pathlib import Path

import botocore
import botocore.session


def without_beanstalk():
    session = botocore.session.get_session()
    found = set()
    for partition in session.get_available_partitions():
        have = {
            service: set(session.get_available_regions(service, partition))
            for service in ("ec2", "elasticbeanstalk")
        }
        found |= have["ec2"] - have["elasticbeanstalk"]
    return found


def main():
    text = Path(sys.argv[1]).read_text()
    listed = re.search(r"WITHOUT_BEANSTALK: &\[&str\] = &\[(.*?)\];", text, re.S).group(1)
    ours = set(re.findall(r'"([^"]+)"', listed))
    theirs = without_beanstalk()
    for region in sorted(ours - theirs):
        print(f"{region} has Elastic Beanstalk by now: take it out of the list")
    for region in sorted(theirs - ours):
        print(f"{region} has EC2 and no Elastic Beanstalk: put it into the list")
    if ours != theirs:
        sys.exit(1)
    print(f"endpoints: {len(ours)} regions without Elastic Beanstalk, as botocore {botocore.__version__} has them")


if __name__ == "__main__":
    main()
